// Gonc joins standard input and output to a network connection.
package main

func main() {}
