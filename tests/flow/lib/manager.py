#!/usr/bin/env python3
"""What systemd does for a service, as far as a test needs it.

usage: manager.py listen NAME      prints each datagram that comes to @NAME or /NAME as a line of JSON
       manager.py ARGUMENTS...     becomes $FAKE_PROGRAM with them, passing it $FAKE_LISTEN: sockets
                                   bound to what the first "--set srt.listen=..." in ARGUMENTS says
FAKE_LISTEN: words of srt, http, https, a minus before one: without SO_REUSEPORT; "=name" behind it:
             FileDescriptorName; "closed": a number that is not open; "deaf": http that never listens
"""
# SPDX-License-Identifier: MIT
import fcntl
import json
import os
import socket
import sys


def listen(name):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind("\0" + name[1:] if name[0] == "@" else name)
    print(json.dumps("listening"), flush=True)
    while True:
        print(json.dumps(s.recv(4096).decode()), flush=True)


def opened(word, addresses):
    key = word.lstrip("-")
    key = "http" if key == "deaf" else key
    host, port = addresses[key].rsplit(":", 1)
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if key == "srt" else socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1 if key != "srt" else 0)
    if word[0] != "-":
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    s.bind((host, int(port)))
    if key != "srt" and word != "deaf":
        s.listen(16)
    return s.detach()


def start(arguments):
    addresses = dict(a.split(".listen=") for a in reversed(arguments) if ".listen=" in a)
    words = os.environ.pop("FAKE_LISTEN", "").split()
    names, fds = [], []
    for word in words:
        what, _, name = word.partition("=")
        names.append(name or "roomcast.socket")
        fds.append(-1 if what == "closed" else fcntl.fcntl(opened(what, addresses), fcntl.F_DUPFD, 20))
    os.closerange(3, 20)
    for i, fd in enumerate(fds):
        if fd >= 0:
            os.dup2(fd, 3 + i)
            os.close(fd)
    if words:
        os.environ.update(LISTEN_FDS=str(len(words)), LISTEN_FDNAMES=":".join(names))
        os.environ.setdefault("LISTEN_PID", str(os.getpid()))
    program = os.environ.pop("FAKE_PROGRAM")
    os.execv(program, [program] + arguments)


listen(sys.argv[2]) if sys.argv[1] == "listen" else start(sys.argv[1:])
