"""The relay's HTTP front beside nginx and h2o, over HTTP/1.1, HTTP/2 and TLS 1.3, for scripts/bench.

One thread each, the same bytes, the same client (h2load), 100 connections, one request at a time on
each. What the client spends counts as well: over loopback one end may do the other one's work.
"""
# SPDX-License-Identifier: MIT
import os
import re
import resource
import shutil
import socket
import subprocess
import time

import rig
from rig import GIB, Tree, Trouble, median

PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
CIPHER = "TLS_AES_128_GCM_SHA256"
FOLDER = "/live/bench"
LIST, LIST_BYTES = f"{FOLDER}/index.m3u8", 1024
SIZES = (5 << 20, 512 << 10)
# name → what h2load is told, the scheme, which of a server's ports
WAYS = {
    "HTTP/1.1": (["--h1"], "http", "h1"),
    "HTTP/2": (["-p", "h2c"], "http", "h2c"),
    "TLS, HTTP/1.1": (["--h1"], "https", "tls"),
    "TLS, HTTP/2": ([], "https", "tls"),
}
NGINX = """daemon off; pid {dir}/nginx.pid; error_log {dir}/error.log warn; {user}
worker_processes 1; worker_rlimit_nofile 8192;
events {{ worker_connections 4096; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; keepalive_timeout 300;
  types {{ application/vnd.apple.mpegurl m3u8; video/mp4 m4s; }}
  open_file_cache max=100 inactive=300s; open_file_cache_valid 300s;
  client_body_temp_path {dir}/t1; proxy_temp_path {dir}/t2; fastcgi_temp_path {dir}/t3;
  uwsgi_temp_path {dir}/t4; scgi_temp_path {dir}/t5;
  ssl_certificate {dir}/cert.pem; ssl_certificate_key {dir}/key.pem; ssl_protocols TLSv1.3;
  server {{
    listen 127.0.0.1:{h1} reuseport; listen 127.0.0.1:{h2c} http2 reuseport;
    listen 127.0.0.1:{tls} ssl http2 reuseport; root {dir}/files;
  }}
}}
"""
H2O = """num-threads: 1
max-connections: 4096
http2-max-concurrent-requests-per-connection: 100
listen: {{host: 127.0.0.1, port: {h1}}}
listen:
  host: 127.0.0.1
  port: {tls}
  ssl: {{certificate-file: {dir}/cert.pem, key-file: {dir}/key.pem}}
hosts:
  default:
    paths: {{/: {{file.dir: {dir}/files}}}}
error-log: {dir}/h2o.log
{user}
"""


def write(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)


def prepare(folder):
    """A certificate, and the files that nginx and h2o serve."""
    os.chmod(folder, 0o755)
    write(f"{folder}/files{LIST}", b"#" * LIST_BYTES)
    for size in SIZES:
        write(f"{folder}/files{FOLDER}/video/{size}.m4s", b"v" * size)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=localhost",
                    "-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"],
                   check=True, capture_output=True)


def ports(*names):
    return {name: rig.free_port(socket.SOCK_STREAM) for name in names}


def start_relay(bench, folder):
    port = rig.free_port(socket.SOCK_STREAM)
    tree = Tree([bench.program("web_bench"), str(port), "1", f"{folder}/cert.pem",
                 f"{folder}/key.pem"], stdout=subprocess.DEVNULL)
    return tree, {"h1": port, "h2c": port, "tls": port + 1}


def start_nginx(_, folder):
    at = ports("h1", "h2c", "tls")
    user = "user root;" if os.getuid() == 0 else ""
    write(f"{folder}/nginx.conf", NGINX.format(dir=folder, user=user, **at).encode())
    return Tree([shutil.which("nginx", path=PATH) or "nginx", "-c", f"{folder}/nginx.conf", "-e",
                 f"{folder}/error.log"], stderr=subprocess.DEVNULL), at


def start_h2o(_, folder):
    at = ports("h1", "tls")
    user = "user: root" if os.getuid() == 0 else ""
    write(f"{folder}/h2o.conf", H2O.format(dir=folder, user=user, **at).encode())
    tree = Tree([shutil.which("h2o", path=PATH) or "h2o", "-c", f"{folder}/h2o.conf"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return tree, {**at, "h2c": at["h1"]}


SERVERS = {"relay": start_relay, "nginx": start_nginx, "h2o": start_h2o}


def children_cpu_s():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def load(bench, server, way, path):
    """(server CPU, client CPU, replies, bytes) of one short run."""
    words, scheme, port = WAYS[way]
    tree, at = server
    client, cpu = children_cpu_s(), tree.cpu_s()
    done = subprocess.run(["h2load", "-c", "100", "-t", "1", "-D", str(round(bench.fetch_s)),
                           f"--tls13-ciphers={CIPHER}", *words,
                           f"{scheme}://127.0.0.1:{at[port]}{path}"],
                          capture_output=True, text=True, timeout=60, check=False)
    cpu, client = tree.cpu_s() - cpu, children_cpu_s() - client
    said = re.search(r"(\d+) succeeded, (\d+) failed, (\d+) errored", done.stdout)
    data = re.search(r"headers.*?\), [\d.]+\wB \((\d+)\) data", done.stdout)
    wanted = {"HTTP/1.1": "http/1.1", "HTTP/2": "h2"}[way.split(", ")[-1]]
    protocol = re.search(r"Application protocol: (\S+)", done.stdout)
    if not said or not data or said[2] != "0" or said[3] != "0" or not int(said[1]):
        raise Trouble(f"h2load {way} {path}: {done.stdout}{done.stderr}")
    if protocol and not protocol[1].startswith(wanted):
        raise Trouble(f"{way} {path}: {protocol[1]} was spoken")
    if scheme == "https" and (f"Cipher: {CIPHER}" not in done.stdout or "TLSv1.3" not in done.stdout):
        raise Trouble(f"{way} {path}: another cipher: {done.stdout}")
    return cpu, client, int(said[1]), int(data[1])


def compare(bench, servers, way, path):
    """Runs that alternate over the servers: {name: list of results}."""
    results = {name: [] for name in servers}
    for run in range(bench.runs):
        for name in list(servers)[::-1] if run % 2 else servers:
            results[name].append(load(bench, servers[name], way, path))
    return results


def rows(bench, servers, way):
    rivals = ["nginx"] if way.startswith("TLS") else ["nginx", "h2o"]
    for size in SIZES:
        results = compare(bench, servers, way, f"{FOLDER}/video/{size}.m4s")
        for what, cost in (("server", lambda r: r[0]), ("both ends", lambda r: r[0] + r[1])):
            got = {k: median(cost(r) / (r[3] / GIB) for r in v) for k, v in results.items()}
            least = min(got[name] for name in rivals)
            bench.row(f"{way}, {size >> 10} KiB, {what}", f"{got['relay']:.3f} CPU-s/GiB",
                      f"nginx: {got['nginx']:.3f}, h2o: {got['h2o']:.3f}",
                      f"<= {', '.join(rivals)} (is {got['relay'] / least:.2f})",
                      got["relay"] <= least)
    results = compare(bench, servers, way, LIST)
    got = {k: median(r[0] / r[2] * 1e6 for r in v) for k, v in results.items()}
    bench.row(f"{way}, reply of {LIST_BYTES} bytes", f"{got['relay']:.1f} us of CPU",
              f"nginx: {got['nginx']:.1f}, h2o: {got['h2o']:.1f}",
              f"<= h2o (is {got['relay'] / got['h2o']:.2f})", got["relay"] <= got["h2o"])


def measure(bench):
    folder = os.path.join(bench.folder, "fronts")
    os.makedirs(folder)
    prepare(folder)
    servers = {name: start(bench, folder) for name, start in SERVERS.items()}
    time.sleep(1.0)  # web_bench shows its room half a second after it began
    for tree, at in servers.values():
        rig.wait_http(tree, at["h1"], LIST)
    for way in WAYS:
        rows(bench, servers, way)
    for tree, _ in servers.values():
        tree.stop()
