# SPDX-License-Identifier: MIT
"""orders PORT WAY: an ordinary server that knows nothing of Fast Open, and does what it is told once a request.

Each request that it reads is an order, a line of its output; it answers and closes. It reads in one of
many ways:

  block fork thread        one after another (its connections have descriptor 0), or a child or a thread each
  timeout                  as block, with SO_RCVTIMEO of 5 s
  poll select epoll edge   an event loop
  many                     as select, with so many descriptors open that the next one is beyond its sets
  oneshot                  as epoll, with EPOLLONESHOT
  prefork                  two processes with an event loop each, and EPOLLEXCLUSIVE
  reuseport                two processes with a listener each
  handed                   a listener that was made before exec()
  loop                     one thread accepts, another has the event loop
  stream                   by a stream of the C library's (fdopen)
  spawn                    by another program, whose standard input it is
  ring                     sets up a ring (io_uring) once it has accepted, and reads where no hook is
  handed-ring              a listener that was made before exec(); sets up a ring, accepts and reads where no hook is
  look                     asks for everything that could tell what is there before it reads
"""

import ctypes
import fcntl
import os
import resource
import select
import socket
import struct
import subprocess
import sys
import termios
import threading


def serve(connection: socket.socket, read=None) -> None:
    """Reads one request, if there is one, and answers."""
    try:
        request = read() if read else connection.recv(4096)
    except BlockingIOError:
        return
    except OSError as error:
        print(f"error {os.strerror(error.errno)}", flush=True)
        request = b""
    if request:
        print(f"order {request[:5].decode()}", flush=True)
        try:
            connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n")
        except OSError:
            pass
    connection.close()


def forked(connection: socket.socket) -> None:
    if os.fork() == 0:
        serve(connection)
        os._exit(0)
    connection.close()


def timed(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("@ll", 5, 0))
    serve(connection)


def streamed(connection: socket.socket) -> None:
    # The C library's own: its reads pass no hook.
    libc = ctypes.CDLL(None, use_errno=True)
    libc.fdopen.restype = libc.fgets.restype = ctypes.c_void_p
    stream = ctypes.c_void_p(libc.fdopen(os.dup(connection.fileno()), b"r"))
    line = ctypes.create_string_buffer(4096)
    serve(connection, lambda: line.value if libc.fgets(line, 4096, stream) else b"")


def spawned(connection: socket.socket) -> None:
    with connection:
        subprocess.run(["sh", "-c", 'read -r line || exit; echo "order ${line%% *}"; printf "HTTP/1.0 200 OK\\r\\n\\r\\n" >&0'],
                       stdin=connection, check=False)


def looked_over(connection: socket.socket) -> None:
    def least(*value) -> int:
        if value:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, *value)
        return connection.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT)

    def peeked() -> str:
        try:
            return str(len(connection.recv(9, socket.MSG_PEEK | socket.MSG_DONTWAIT)))
        except BlockingIOError:
            return "nothing"

    def readable(ms: int) -> bool:
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        return bool(poll.poll(ms))

    def unread() -> int:
        return struct.unpack("i", fcntl.ioctl(connection, termios.FIONREAD, b"\0" * 4))[0]

    print("at once", least(), least(7), peeked(), unread(), readable(0), flush=True)
    print("then", readable(5000), least(), peeked(), unread() > 0, flush=True)
    serve(connection)


def ring() -> None:
    """Sets up one, by its number; it is never used."""
    if ctypes.CDLL(None).syscall(425, 8, ctypes.create_string_buffer(120)) < 0:
        sys.exit("no ring")


def unseen():
    """The C library's own functions, as a ring has them: past every library that stands before it."""
    return ctypes.CDLL("libc.so.6")


def read_unseen(connection: socket.socket) -> bytes:
    request = ctypes.create_string_buffer(4096)
    length = unseen().recv(connection.fileno(), request, 4096, 0)
    print("read", length, flush=True)
    return request.raw[:max(length, 0)]


def ringed(connection: socket.socket) -> None:
    ring()
    serve(connection, lambda: read_unseen(connection))


def by_ring(listener: socket.socket) -> None:
    ring()
    print("ring", flush=True)
    while True:
        connection = socket.socket(fileno=unseen().accept(listener.fileno(), None, None))
        serve(connection, lambda: read_unseen(connection))


def threaded(connection: socket.socket) -> None:
    threading.Thread(target=serve, args=(connection,), daemon=True).start()


def looked_at(listener: socket.socket, wait, register, unregister) -> None:
    """An event loop over whatever tells which descriptors are readable."""
    connections = {}
    register(listener.fileno())
    while True:
        for fd in wait():
            if fd == listener.fileno():
                try:
                    connection = listener.accept()[0]
                except BlockingIOError:  # another process was first
                    continue
                connection.setblocking(False)
                connections[connection.fileno()] = connection
                register(connection.fileno())
                continue
            connection = connections[fd]
            serve(connection)
            if connection.fileno() < 0:
                del connections[fd]
                unregister(fd)


def by_poll(listener: socket.socket) -> None:
    poll = select.poll()
    looked_at(listener, lambda: [fd for fd, _ in poll.poll()],
              lambda fd: poll.register(fd, select.POLLIN), poll.unregister)


def by_select(listener: socket.socket) -> None:
    fds = set()
    looked_at(listener, lambda: select.select(fds, [], [])[0], fds.add, fds.discard)


def by_select_of_many(listener: socket.socket) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (2048, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    null = os.open("/dev/null", os.O_RDONLY)
    for fd in range(100, 1100):
        os.dup2(null, fd)
    by_select(listener)


def by_epoll(listener: socket.socket, flags: int = 0, listens: int = 0) -> None:
    epoll = select.epoll()

    def register(fd: int) -> None:
        epoll.register(fd, select.EPOLLIN | (listens if fd == listener.fileno() else flags))

    looked_at(listener, lambda: [fd for fd, _ in epoll.poll()], register, lambda fd: None)


def by_prefork(listener: socket.socket) -> None:
    listener.setblocking(False)
    os.fork()
    by_epoll(listener, 0, select.EPOLLEXCLUSIVE)


def by_handed(listener: socket.socket, to: str = "thread") -> None:
    listener.set_inheritable(True)
    os.execv(sys.executable, [sys.executable, "-B", *sys.argv[:2], to, str(listener.fileno())])


def by_loop(listener: socket.socket) -> None:
    epoll, connections = select.epoll(), {}

    def loop() -> None:
        while True:
            for fd, _ in epoll.poll():
                serve(connections[fd])

    threading.Thread(target=loop, daemon=True).start()
    while True:
        connection = listener.accept()[0]
        connection.setblocking(False)
        connections[connection.fileno()] = connection
        epoll.register(connection.fileno(), select.EPOLLIN)


LOOPS = {"poll": by_poll, "select": by_select, "many": by_select_of_many, "epoll": by_epoll, "loop": by_loop,
         "edge": lambda listener: by_epoll(listener, select.EPOLLET),
         "oneshot": lambda listener: by_epoll(listener, select.EPOLLONESHOT),
         "prefork": by_prefork, "reuseport": by_epoll, "handed": by_handed, "unseen": by_ring,
         "handed-ring": lambda listener: by_handed(listener, "unseen")}
SERVES = {"block": serve, "fork": forked, "thread": threaded, "timeout": timed, "stream": streamed,
          "spawn": spawned, "ring": ringed, "look": looked_over}


def main(port: str, way: str, handed: str = "") -> None:
    if way == "reuseport":
        os.fork()
    listener = socket.socket(fileno=int(handed)) if handed else socket.socket()
    if not handed:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if way == "reuseport":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(("0.0.0.0", int(port)))
        listener.listen(128)
    if way in LOOPS:
        LOOPS[way](listener)
    if way == "block":
        os.close(0)
    while True:
        SERVES[way](listener.accept()[0])


main(*sys.argv[1:])
