# What a user writes with Python's ssl: standard input to a connection with TLS,
# the connection to standard output, each end told by close_notify.
import socket
import ssl
import sys
import threading

mode, port, certificate = sys.argv[1], int(sys.argv[2]), sys.argv[3]
if mode == "listen":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", port)) as server:
        s = context.wrap_socket(server.accept()[0], server_side=True, suppress_ragged_eofs=False)
else:
    context = ssl.create_default_context(cafile=certificate)
    s = context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="localhost", suppress_ragged_eofs=False)

# One SSL object can't be read and written by two threads at once.
data = sys.stdin.buffer.read()
if data:
    s.sendall(data)
    s.unwrap().close()
else:
    while data := s.recv(1 << 16):
        sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
    s.unwrap().close()
