# What a user without a netcat writes: standard input to a connection of
# loopback, the connection to standard output, half-close at the end of each.
import socket
import sys
import threading

mode, port = sys.argv[1], int(sys.argv[2])
if mode == "listen":
    with socket.create_server(("127.0.0.1", port)) as server:
        s, _ = server.accept()
else:
    s = socket.create_connection(("127.0.0.1", port))


def send():
    while data := sys.stdin.buffer.read(1 << 16):
        s.sendall(data)
    s.shutdown(socket.SHUT_WR)


sender = threading.Thread(target=send)
sender.start()
while data := s.recv(1 << 16):
    sys.stdout.buffer.write(data)
sys.stdout.buffer.flush()
sender.join()
s.close()
