"""Files that a worker with a user id of its own left in folders that everybody may write to.

Under bubblewrap these folders are the worker's own and vanish with it. Without it, and as root, every worker has a user
id that nobody else ever had, so whatever belongs to it is its own.
"""

from __future__ import annotations

import os
import shutil

SHARED = ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run/lock")


def remove_leftovers(user: int) -> None:
    """Removes what belongs to `user` right below the shared folders. Links are removed, never followed."""
    for folder in SHARED:
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in names:
            path = os.path.join(folder, name)
            try:
                if os.lstat(path).st_uid != user:
                    continue
                if os.path.isdir(path) and not os.path.islink(path):
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    os.unlink(path)
            except OSError:
                continue
