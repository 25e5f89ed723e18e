# SPDX-License-Identifier: MIT
"""serve WAY [ARGUMENT]...: a server that knows nothing of Fast Open, and whose socket another process has, or has made.

  inherited LOG FD COUNT       accepts on a listener that it has been given, and ends after so many requests
  bound LOG FD COUNT           the same; it has yet to listen
  one LOG                      its standard streams are a connection
  drops LOG ADDRESS PORT COUNT [bound]
                               listens as root (or binds alone); a child of its gives root up, and accepts
  sends ADDRESS PORT [ASSIGNMENT|-u NAME]... COMMAND
                               listens, and sends the listener to COMMAND, which has a socket for that as standard input
  received LOG COUNT           what is sent so
  spawns ADDRESS PORT COMMAND  binds, and gives the socket to COMMAND, in whose words "{}" is its number

Each request that is read is a line of LOG.
"""

import os
import socket
import subprocess
import sys
import time

ANSWER = b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
NOBODY = 65534


def note(log, request: bytes) -> None:
    log.write(f"order {request[:4].decode().strip()} as {os.getuid()}\n")
    log.flush()


def serve(log, listener: socket.socket, count: str) -> None:
    left = int(count)
    while left > 0:
        connection = listener.accept()[0]
        with connection:
            try:
                request = connection.recv(4096)
            except OSError:
                continue
            if request:
                note(log, request)
                left -= 1
                connection.sendall(ANSWER)


def inherited(path: str, fd: str, count: str) -> None:
    with open(path, "a", encoding="ascii") as log:
        serve(log, socket.socket(fileno=int(fd)), count)


def bound(path: str, fd: str, count: str) -> None:
    listener = socket.socket(fileno=int(fd))
    listener.listen()
    listener.detach()
    inherited(path, fd, count)


def one(path: str) -> None:
    with open(path, "a", encoding="ascii") as log:
        request = os.read(0, 4096)
        if request:
            note(log, request)
            os.write(1, ANSWER)


def made(address: str, port: str) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, int(port)))
    return listener


def drops(path: str, address: str, port: str, count: str, way: str = "") -> None:
    listener = made(address, port)
    if way != "bound":
        listener.listen()
    with open(path, "a", encoding="ascii") as log:
        if os.fork() == 0:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            if way == "bound":
                listener.listen()
            serve(log, listener, count)
            os._exit(0)
    os.wait()


def sends(address: str, port: str, *command: str) -> None:
    listener = made(address, port)
    listener.listen()
    ours, theirs = socket.socketpair()
    with subprocess.Popen(["env", *command], stdin=theirs):
        socket.send_fds(ours, [b"x"], [listener.fileno()])
        while True:
            time.sleep(60)


def received(path: str, count: str) -> None:
    with socket.socket(fileno=0) as channel:
        fds = socket.recv_fds(channel, 1, 1)[1]
    inherited(path, str(fds[0]), count)


def spawns(address: str, port: str, *command: str) -> None:
    listener = made(address, port)
    number = str(listener.fileno())
    subprocess.run([word.replace("{}", number) for word in command], pass_fds=[listener.fileno()], check=True)


{"inherited": inherited, "bound": bound, "one": one, "drops": drops, "sends": sends,
 "received": received, "spawns": spawns}[sys.argv[1]](*sys.argv[2:])
