"""An inbox elsewhere: an S3 bucket, an SFTP server, a web server, or what else fsspec reaches.

What a server sends is bounded in bytes and time, comes from that server and no other, and names files, never places of this machine.
"""

from ingest.remote.address import is_remote, name_of, reached
from ingest.remote.found import Found, OtherBytes, Place

__all__ = ["Found", "OtherBytes", "Place", "is_remote", "name_of", "reached"]
