"""nginx and Varnish in front of the relay, with the configurations that ship, under scripts/bench."""
# SPDX-License-Identifier: MIT
import os
import shutil
import socket
import subprocess
import time

import rig
from rig import Push, Tree, Trouble

CONFIG = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "config", "caches")
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
VIEWERS, RANGE_VIEWERS = 1000, 50
# The swarm joins within two seconds. A cache may let through the odd miss; and viewers that switch
# ask for moments by other names than those that stay (the part after the last, or the next first).
JOIN_S, FACTOR = 3.5, 1.5
BROKEN = ["errors", "older", "unsatisfied", "missed", "differing", "lifetime_wrong", "age_missing",
          "age_wrong", "expired"]


def shipped(name, swaps):
    with open(os.path.join(CONFIG, name), encoding="utf-8") as file:
        text = file.read()
    for old, new in swaps:
        if old not in text:
            raise Trouble(f"{name}: no «{old}» in it")
        text = text.replace(old, new)
    return text


def start_nginx(folder, relay, port):
    own = " ".join(f"{name}_temp_path {folder}/{name};"
                   for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    text = shipped("nginx.conf", [("127.0.0.1:8080", f"127.0.0.1:{relay}"),
                                  ("listen 80 ", f"listen 127.0.0.1:{port} "),
                                  ("/dev/shm/roomcast", f"{folder}/cache"),
                                  ("http {", f"http {{ {own}")])
    user = "user root; " if os.getuid() == 0 else ""
    path = os.path.join(folder, "nginx.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"daemon off; pid {folder}/nginx.pid; {user}\n{text}")
    return [shutil.which("nginx", path=PATH) or "nginx", "-c", path, "-e", f"{folder}/error.log"]


def start_varnish(folder, relay, port):
    path = os.path.join(folder, "varnish.vcl")
    with open(path, "w", encoding="utf-8") as file:
        file.write(shipped("varnish.vcl", [('"8080"', f'"{relay}"')]))
    return [shutil.which("varnishd", path=PATH) or "varnishd", "-F", "-f", path, "-a",
            f"127.0.0.1:{port}", "-n", os.path.join(folder, "varnish"), "-s", "malloc,512m", "-T",
            "none", "-j", "none", "-p", "backend_idle_timeout=10"]


CACHES = {"nginx": start_nginx, "varnish": start_varnish}


def start(bench, name, relay):
    port = rig.free_port(socket.SOCK_STREAM)
    folder = os.path.join(bench.folder, f"{name}-{port}")
    os.makedirs(folder)
    os.chmod(bench.folder, 0o755)
    tree = Tree(CACHES[name](folder, relay, port), stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)
    rig.wait_http(tree, port, "/readyz", 20)
    return tree, port


def answered(relay):
    return sum(value for name, value in rig.metrics(relay).items()
               if name.startswith("roomcast_http_requests_total"))


def follow(bench, relay, port, viewers, seconds, *more):
    """What part_swarm said, and the relay's requests per second once everybody had joined."""
    swarm = subprocess.Popen([bench.program("part_swarm"), "--viewers", str(viewers), "--seconds",
                              str(seconds + JOIN_S + 1), *more,
                              f"127.0.0.1:{port}/live/bench000/"], stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, text=True)
    time.sleep(JOIN_S)
    before, begin = answered(relay), time.monotonic()
    time.sleep(seconds)
    asked, took = answered(relay) - before - 1, time.monotonic() - begin
    out = swarm.communicate(timeout=60)[0]
    if swarm.returncode:
        raise Trouble(f"part_swarm: {out}")
    return {k: float(v) for k, v in (w.split("=") for w in out.split()[1:])}, asked / took


def broken(said):
    return " ".join(f"{key}={said[key]:.0f}" for key in BROKEN if said[key]) or "nothing broken"


def measure_one(bench, name, relay):
    seconds = 6 if bench.quick else 12
    cache, port = start(bench, name, relay)
    _, alone = follow(bench, relay, port, 2, seconds)  # a player: two renditions, two connections
    said, rate = follow(bench, relay, port, VIEWERS, seconds, "--switch", "9")
    bench.row(f"{VIEWERS} viewers behind {name}", f"{rate:.1f} requests/s",
              f"one player: {alone:.1f}; {broken(said)}",
              f"<= {FACTOR} x one (is {rate / alone:.2f})",
              rate <= FACTOR * alone and broken(said) == "nothing broken")
    bench.row("  from the first viewer's answer to each", f"p99 {said['reload_p99_us'] / 1e3:.0f} ms",
              f"p50 {said['reload_p50_us'] / 1e3:.0f} ms, parts p99 "
              f"{said['part_p99_us'] / 1e3:.0f} ms, read by one process")
    waited = bench.blocked(port, "/live/bench000/video.m3u8", VIEWERS)
    bench.row(f"  {VIEWERS} blocked behind {name}", f"p99 {int(waited['p99_us']) / 1000:.1f} ms",
              f"p50 {int(waited['p50_us']) / 1000:.1f} ms, max {int(waited['max_us']) / 1000:.0f}, "
              "since the first answer")
    cache.stop()


def measure_ranges(bench, name, relay):
    seconds = 6
    cache, port = start(bench, name, relay)
    for what, more in (("", ()), (", hints", ("--hints",))):
        direct, _ = follow(bench, relay, relay, RANGE_VIEWERS, seconds, *more)
        said, _ = follow(bench, relay, port, RANGE_VIEWERS, seconds, *more)
        bench.row(f"byte-range parts behind {name}{what}",
                  f"{said['playlists'] / RANGE_VIEWERS:.1f} reloads each",
                  f"without it {direct['playlists'] / RANGE_VIEWERS:.1f}; {broken(said)}")
    cache.stop()


def live(bench, *settings):
    relay, srt, web = bench.start_relay(*settings)
    push = Push(bench.program("srt_push"), rig.make_clip("360p", bench.clips), srt, 1, 300, "--frames")
    for _ in range(8):
        push.next_line()
    return relay, push, web


def measure(bench):
    for parts, one in (("number", measure_one), ("range", measure_ranges)):
        relay, push, web = live(bench, f"hls.part_uris={parts}")
        for name in CACHES:
            one(bench, name, web)
        push.finish()
        relay.stop()
