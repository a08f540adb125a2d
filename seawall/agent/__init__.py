"""The only code that runs on servers: standard library only, Python 3.9 or newer.

It is shipped as one zip file over ssh, compares and converges on the server, and streams
events back, one JSON object a line.
"""
