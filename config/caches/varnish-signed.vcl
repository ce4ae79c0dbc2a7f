# Varnish as a cache in front of Roomcast, for rooms that only signed links open: it asks the relay
# once a minute whether a viewer's token is good, and keeps one copy of the media for all of them.
# SPDX-License-Identifier: MIT
#
# Debian's varnish and varnish-modules have no HMAC (vmod_digest is not packaged), so the relay is
# asked, at /live/~TOKEN/ROOM/access. With vmod_digest the proof could be computed here.
#
# CACHE_TOKEN is the cache's own link, see nginx-signed.conf: as secret as a password. varnishlog and
# varnishncsa show it, and the viewers' own, in the addresses: do not keep what they print.
vcl 4.1;

import std;

backend roomcast {
    .host = "127.0.0.1";
    .port = "8080";
}

sub vcl_recv {
    # For the operator, who asks the relay itself. An address that begins with a scheme, which the
    # relay understands, would be another name for the same.
    if (req.url !~ "^/" || req.url ~ "^/(api|metrics|console)([/?]|$)") {
        return (synth(403));
    }
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
        } elseif (req.url ~ "^/live/~" || req.url ~ "^/live/.*[?&]token=") {
            # The relay would judge these by this cache's address, and not by the viewer's.
            return (synth(403));
        }
    }
}

sub vcl_synth {
    if (resp.status == 403) {
        set resp.http.Access-Control-Allow-Origin = "*";
        set resp.http.Cache-Control = "no-store";
        set resp.http.Content-Type = "text/plain; charset=utf-8";
        set resp.body = "This room opens with a valid link only; please ask for a new one." + {"
"};
        return (deliver);
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
