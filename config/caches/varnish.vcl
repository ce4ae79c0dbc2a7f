# Varnish as a cache in front of Roomcast; its built-in rules do the rest: it coalesces requests,
# keeps to Cache-Control, sends Age, and takes the query for a part of the address.
# SPDX-License-Identifier: MIT
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
    # A question of a cache, for rooms that signed links open; no viewer has it.
    if (req.url ~ "^/live/[^?]*/access(\?|$)") {
        return (synth(403));
    }
    # The same directives in another order are the same question.
    set req.url = std.querysort(req.url);
    # Nothing here depends on cookies, and Varnish caches no request that has one.
    unset req.http.Cookie;
}

sub vcl_backend_response {
    # No playlist past its time, not even while a newer one is fetched.
    set beresp.grace = 0s;
    set beresp.keep = 0s;
    # A mistake that a thousand viewers make reaches the relay once a second.
    if (beresp.status == 400 || beresp.status == 503) {
        set beresp.ttl = 1s;
    }
}
