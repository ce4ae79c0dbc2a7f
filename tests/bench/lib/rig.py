"""What scripts/bench stands on: clips, child processes, their CPU time and memory, small HTTP."""
# SPDX-License-Identifier: MIT
import atexit
import glob
import http.client
import os
import re
import signal
import socket
import statistics
import subprocess
import threading
import time

GIB = 1 << 30
# Eight seconds hold a whole number of 30 fps frames, of two-second GOPs and of three AAC frames
# (64 ms), so a loop has no seam in any stream.
CLIP_SECONDS = 8
CLIPS = {
    "4k": dict(size="3840x2160", kbps=19000, preset="ultrafast"),
    "1080p": dict(size="1920x1080", kbps=5600, preset="ultrafast"),
    "360p": dict(size="640x360", kbps=800, preset="veryfast"),
}
started = []


class Trouble(Exception):
    """The bench cannot go on; the text says why."""


def make_clip(name, folder):
    """The path of a constant-rate clip as OBS sends it (CBR with filler, GOP 2 s, one AU a PES)."""
    clip, path = CLIPS[name], os.path.join(folder, name + ".ts")
    if os.path.exists(path):
        return path
    os.makedirs(folder, exist_ok=True)
    rate = clip["kbps"]
    subprocess.run(
        ["nice", "ffmpeg", "-v", "error", "-y", "-f", "lavfi",
         "-i", f"testsrc2=size={clip['size']}:rate=30,noise=alls=12:allf=t", "-f", "lavfi",
         "-i", "sine=frequency=440:sample_rate=48000", "-t", str(CLIP_SECONDS),
         "-frames:v", str(30 * CLIP_SECONDS), "-frames:a", str(CLIP_SECONDS * 48000 // 1024),
         "-c:v", "libx264", "-preset", clip["preset"], "-tune", "zerolatency",
         "-pix_fmt", "yuv420p",
         "-b:v", f"{rate}k", "-maxrate", f"{rate}k", "-bufsize", f"{rate // 2}k", "-g", "60",
         "-keyint_min", "60", "-sc_threshold", "0", "-x264-params", "nal-hrd=cbr:force-cfr=1",
         "-c:a", "aac", "-b:a", "96k", "-f", "mpegts", "-pes_payload_size", "0", path + ".part"],
        check=True)
    os.rename(path + ".part", path)
    return path


def clip_mbps(path):
    return os.path.getsize(path) * 8 / CLIP_SECONDS / 1e6


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Tree:
    """A child process with all its descendants."""

    def __init__(self, command, **options):
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
        self.pid = self.process.pid
        started.append(self)

    def pids(self):
        parents = {}
        for path in glob.glob("/proc/[0-9]*/stat"):
            try:
                with open(path, encoding="latin-1") as file:
                    fields = file.read().rpartition(")")[2].split()
            except OSError:
                continue
            parents.setdefault(int(fields[1]), []).append(int(path.split("/")[2]))
        found = [self.pid]
        for pid in found:
            found += parents.get(pid, [])
        return found

    def cpu_s(self):
        """User and system time to the nanosecond: the kernel's CPU clock of each whole process."""
        total = 0.0
        for pid in self.pids():
            try:
                total += time.clock_gettime((~pid << 3) | 2)
            except OSError:
                pass
        return total

    def memory_bytes(self):
        """(proportional memory without shared files, memory of its memfds, the memfds' bytes)."""
        private, files = 0, {}
        for pid in self.pids():
            try:
                with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
                    rollup = {k: int(v) * 1024 for k, v in
                              re.findall(r"^(\w+):\s+(\d+) kB", file.read(), re.M)}
                for path in glob.glob(f"/proc/{pid}/fd/*"):
                    if os.readlink(path).startswith("/memfd:"):
                        st = os.stat(path)
                        files[st.st_ino] = (st.st_blocks * 512, st.st_size)
            except OSError:
                continue
            private += rollup["Pss"] - rollup.get("Pss_Shmem", 0)
        return private, sum(f[0] for f in files.values()), sum(f[1] for f in files.values())

    def stop(self, wait_s=10):
        if self not in started:
            return
        started.remove(self)
        family = self.pids()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(wait_s)
            except subprocess.TimeoutExpired:
                for pid in reversed(family):
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
                self.process.wait()


@atexit.register
def stop_all():
    for tree in list(started):
        tree.stop(3)


class Push:
    """One srt_push; hands out its once-a-second lines as they come."""

    def __init__(self, binary, clip, port, rooms, seconds, *more):
        self.tree = Tree([binary, "--clip", clip, "--to", f"127.0.0.1:{port}", "--rooms",
                          str(rooms), "--seconds", str(seconds), *more],
                         stdout=subprocess.PIPE, text=True)
        self.rooms, self.last, self.end = rooms, None, None
        self.news = threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.tree.process.stdout:
            word, *fields = line.split()
            values = dict(f.split("=") for f in fields[1:])
            values = {k: int(v) for k, v in values.items()} | {"mono_us": int(fields[0])}
            with self.news:
                if word == "end":
                    self.end = values
                self.last = values
                self.news.notify_all()
        with self.news:
            self.end = self.end or {}
            self.news.notify_all()

    def next_line(self):
        """Waits for the next line and returns it."""
        with self.news:
            before = self.last
            if not self.news.wait_for(lambda: self.last is not before or self.end is not None, 5):
                raise Trouble("srt_push went silent")
            if self.end is not None:
                raise Trouble("srt_push ended before the measurement did")
            return self.last

    def wait_until_up(self):
        while self.next_line()["up"] < self.rooms:
            pass

    def finish(self, now=True):
        """Its last line, once every sender's buffer is acknowledged; now: do not wait its time."""
        if now and self.tree.process.poll() is None:
            self.tree.process.send_signal(signal.SIGTERM)
        with self.news:
            if not self.news.wait_for(lambda: self.end is not None, 60):
                raise Trouble("srt_push does not end")
        self.tree.stop()
        return self.end


def http_get(port, path, timeout=5):
    """(status, body)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path)
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


def wait_http(tree, port, path, seconds=10):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if tree.process.poll() is not None:
            raise Trouble(f"{tree.process.args[0]} ended with {tree.process.returncode}")
        try:
            if http_get(port, path)[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise Trouble(f"no 200 for {path} on port {port} within {seconds} s")


def metrics(port):
    """The Prometheus text of a relay as {name with labels: value}."""
    values = {}
    for line in http_get(port, "/metrics")[1].decode().splitlines():
        found = re.fullmatch(r"([a-z_:0-9]+(?:\{.*\})?) ([-+0-9.e]+)(?: \d+)?", line)
        if found:
            values[found.group(1)] = float(found.group(2))
    return values


def median(values):
    return statistics.median(values)


def quantile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
