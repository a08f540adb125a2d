"""A stand-in for Google's APIs on this machine: it proves what Seawall sends, not what Google does.

Each request is held against Google's own published description of the API (the discovery documents
that come with google-api-python-client, never a copy of ours): method, path, parameters, types,
enums, required and unknown fields, fields that only Google may write. So is each answer of the
stand-in itself. What it keeps between requests, and how much like Google it then behaves, is ours.

It shows: that a request is well-formed, which requests are sent and in which order, that a second
apply finds what the first one made, paging, operations that take a while, and how Seawall takes
throttling, errors, time-outs, a token that ends, and a permission that is missing.

It does not show: that Google accepts a combination of fields (only the rules written in `rules`
are held), quotas, prices, eventual consistency, that a schedule makes a snapshot, that an alarm is
ever raised or a message arrives, whether a filter of Monitoring names a metric that exists, what a
role really permits (a permission is named after the method, which is nearly always right), who may
log in, or how long anything takes. `fields`, `filter` and `orderBy` are refused, not ignored.
"""
