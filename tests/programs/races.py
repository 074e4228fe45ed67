"""Requests on kept connections, the later of them as near as can be to the moment at which the server gives the connection up."""
import socket
import sys
import threading
import time

SERVER_WAITS = 0.1


def client(number):
    for turn in range(10):
        with socket.create_connection((sys.argv[1], 80)) as connection:
            connection.settimeout(2)
            try:
                for _ in range(4):
                    connection.sendall(b"GET /small HTTP/1.1\r\nHost: shop\r\n\r\n")
                    connection.recv(4000)
                    time.sleep(SERVER_WAITS + 0.0005 * ((number * 7 + turn) % 9 - 4))
            except OSError:
                pass  # that is what this is about


threads = [threading.Thread(target=client, args=(number,)) for number in range(10)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
