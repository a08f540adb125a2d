"""Apps on a server: received, built, started beside the old one, switched to, and stopped.

The proxy asks a small file for the port of each instance; renaming a new file over it is the
switch. Until then nobody is served by the new release, and whatever goes wrong leaves the old one
untouched.
"""
