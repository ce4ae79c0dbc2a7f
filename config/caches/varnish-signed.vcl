# Varnish as a cache in front of Roomcast, for rooms that only signed links open: it asks the relay
# once a minute whether a viewer's token is good, and keeps one copy of the media for all of them.
# SPDX-License-Identifier: MIT
#
# Debian's varnish and varnish-modules have no HMAC (vmod_digest is not packaged), so the relay is
# asked, at /live/~TOKEN/ROOM/access. With vmod_digest the proof could be computed here.
#
# CACHE_TOKEN is the cache's own link, see nginx-signed.conf: as secret as a password.
vcl 4.1;

import std;

backend roomcast {
    .host = "127.0.0.1";
    .port = "8080";
}

sub vcl_recv {
    set req.url = std.querysort(req.url);
    unset req.http.Cookie;
    if (req.restarts == 0) {
        unset req.http.X-Wanted;
        # Rooms whose link is in the path. First the question, then, in a second round, the media.
        if (req.url ~ "^/live/~[A-Za-z0-9._~*:-]+/[A-Za-z0-9._-]+/[A-Za-z0-9._/-]+(\?.*)?$") {
            if (req.method != "GET" && req.method != "HEAD" && req.method != "OPTIONS") {
                return (synth(405));
            }
            if (req.method == "OPTIONS") {
                return (pass);
            }
            set req.http.X-Wanted = regsub(req.url, "^/live/~[^/]+/", "/live/~CACHE_TOKEN/");
            set req.url = regsub(req.url, "^(/live/~[^/]+/[^/]+)/.*$", "\1/access?address=")
                + client.ip;
        }
    }
}

sub vcl_deliver {
    if (req.restarts == 0 && req.http.X-Wanted && resp.status == 204) {
        set req.url = req.http.X-Wanted;
        return (restart);
    }
}

sub vcl_backend_response {
    set beresp.grace = 0s;
    set beresp.keep = 0s;
    if (beresp.status == 400 || beresp.status == 503) {
        set beresp.ttl = 1s;
    }
}
