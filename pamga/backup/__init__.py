"""Backup of what a rebuild cannot make, to a folder or an S3 bucket, and its way back into an empty installation.

A backup is a folder of objects, each named by what it holds, so that what is there already is not copied again, and of snapshots:
one document for each time, which names every file by its hash and is written last. Layout: docs/interfaces.md.
"""

from pamga.backup.make import BackupResult, back_up
from pamga.backup.put_back import restore, restore_release
from pamga.backup.snapshots import Repository, open_repository

__all__ = ["BackupResult", "Repository", "back_up", "open_repository", "restore", "restore_release"]
