"""SRS as a yardstick of ingest: a binary that somebody built, with the settings it ships with.

SRT to HLS, segments of two seconds on the same memory file system, TSBPD off as in its own
conf/srt.conf. Nothing of it belongs to this project; scripts/bench --srs PATH names the program.
"""
# SPDX-License-Identifier: MIT
import os
import socket
import subprocess
import time

import rig

CONF = """listen {rtmp};
max_connections 2000;
daemon off;
srs_log_tank file;
srs_log_file {dir}/srs.log;
srs_log_level error;
pid {dir}/srs.pid;
http_server {{ enabled on; listen {web}; dir {dir}/www; }}
srt_server {{
  enabled on; listen {srt}; maxbw 1000000000; connect_timeout 4000;
  peerlatency 0; recvlatency 0; latency 0; tsbpdmode off; tlpktdrop off;
  sendbuf 2000000; recvbuf 2000000;
}}
vhost __defaultVhost__ {{
  srt {{ enabled on; srt_to_rtmp on; }}
  hls {{ enabled on; hls_path {dir}/www; hls_fragment 2; hls_window 12; }}
}}
"""
# What srt_push puts before the number of a room.
PREFIX = "#!::m=publish,r=live/bench"


def start(binary, folder):
    """(tree, SRT port) of one that listens."""
    os.makedirs(os.path.join(folder, "www"), exist_ok=True)
    srt = rig.free_port(socket.SOCK_DGRAM)
    conf = os.path.join(folder, "srs.conf")
    with open(conf, "w", encoding="utf-8") as file:
        file.write(CONF.format(dir=folder, srt=srt, rtmp=rig.free_port(socket.SOCK_STREAM),
                               web=rig.free_port(socket.SOCK_STREAM)))
    tree = rig.Tree([binary, "-c", conf], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(1)
    return tree, srt


def playlists(folder):
    """How many rooms have one."""
    return sum(name.endswith(".m3u8")
               for _, _, names in os.walk(os.path.join(folder, "www")) for name in names)
