"""Flows of other programs, for `npm run bench -- tunnel`.

  serve KIND HOST PORT     sends a flow without end to whoever connects, until that end says one byte; then bytes and hash
  load KIND HOST PORT [SOCKS_PORT]   reads such a flow, through a SOCKS5 proxy on this machine if its port is given

KIND is tcp or mptcp. Times are CLOCK_MONOTONIC in milliseconds. `load` answers lines on standard input:

  look FROM TO    {"bytes": …, "gapMs": …, "subflows": …}   what came in this time, and the longest time without anything
  finish          {"wrongBytes": …}                          ends the flow
"""
import hashlib, json, os, socket, struct, sys, threading, time

MPTCP = 262
SOL_MPTCP, MPTCP_INFO = 284, 1
CHUNK = 65536


def now():
    return time.clock_gettime(time.CLOCK_MONOTONIC) * 1000


def opened(kind):
    return socket.socket(socket.AF_INET, socket.SOCK_STREAM, MPTCP if kind == "mptcp" else 0)


def serve_one(connection):
    connection.settimeout(None)
    block = os.urandom(CHUNK)
    digest, sent = hashlib.sha256(), 0
    ended = threading.Event()

    def wait_end():
        try:
            connection.recv(1)
        except OSError:
            pass
        ended.set()

    threading.Thread(target=wait_end, daemon=True).start()
    try:
        while not ended.is_set():
            connection.sendall(block)
            digest.update(block)
            sent += len(block)
        connection.sendall(b"%016d%s" % (sent, digest.hexdigest().encode()))
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)
    except OSError:
        pass
    connection.close()


def serve(kind, host, port):
    listener = opened(kind)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen()
    print("ready", flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve_one, args=(connection,), daemon=True).start()


def through_socks(connection, host, port):
    connection.sendall(b"\x05\x01\x00")
    connection.recv(2)
    connection.sendall(b"\x05\x01\x00\x01" + socket.inet_aton(host) + struct.pack(">H", port))
    if connection.recv(10)[1] != 0:
        raise SystemExit("the proxy refused")


class Load:
    def __init__(self, connection):
        self.connection = connection
        self.arrivals = []
        self.lock = threading.Lock()
        self.digest, self.bytes, self.last = hashlib.sha256(), 0, b""
        self.ended = threading.Event()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        while True:
            try:
                data = self.connection.recv(CHUNK)
            except OSError:
                data = b""
            if not data:
                break
            with self.lock:
                self.arrivals.append((now(), len(data)))
            data = self.last + data
            known = max(0, len(data) - 80)
            self.digest.update(data[:known])
            self.bytes += known
            self.last = data[known:]
        self.ended.set()

    def look(self, start, end):
        count, gap, last = 0, 0.0, start
        with self.lock:
            for at, length in self.arrivals:
                if at <= start:
                    last = at
                    continue
                if last >= end:
                    break
                gap = max(gap, at - last)
                last = at
                if at <= end:
                    count += length
        return {"bytes": count, "gapMs": max(gap, end - last), "subflows": self.subflows()}

    def subflows(self):
        try:
            return self.connection.getsockopt(SOL_MPTCP, MPTCP_INFO, 64)[0] + 1
        except OSError:
            return 1

    def finish(self):
        try:
            self.connection.sendall(b"x")
        except OSError:
            pass
        self.ended.wait(30)
        text = self.last.decode("latin1")
        right = self.ended.is_set() and text[16:] == self.digest.hexdigest()
        sent = int(text[:16]) if right else -1
        return {"wrongBytes": 0 if right and sent == self.bytes else max(self.bytes, 1)}


def load(kind, host, port, proxy=None):
    connection = opened(kind)
    connection.connect(("127.0.0.1", proxy) if proxy else (host, port))
    if proxy:
        through_socks(connection, host, port)
    flow = Load(connection)
    print("ready", flush=True)
    for line in sys.stdin:
        order, *span = line.split()
        print(json.dumps(flow.look(*map(float, span)) if order == "look" else flow.finish()), flush=True)


what, kind, host, port, *more = sys.argv[1:]
(serve if what == "serve" else load)(kind, host, int(port), *map(int, more))
