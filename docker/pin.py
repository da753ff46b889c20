#!/usr/bin/env python3
"""Write the present digest of every image of others into docker-compose.yml and the Dockerfiles, beside its exact tag.

    python3 docker/pin.py            writes what changed (git diff shows it; then docker compose build and up -d --wait)
    python3 docker/pin.py --check    writes nothing; exit 1 where a digest is not the one that its tag has now, or is not there at all

It asks the registries by docker itself (docker buildx imagetools inspect). Nothing but the standard library.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = ("docker-compose.yml", "docker/Dockerfile", "docker/sftp/Dockerfile")
IMAGE = re.compile(r"(?P<tag>(?:(?<=image: )|(?<=\nFROM ))[\w./-]+:[\w.-]+)(?:@(?P<digest>sha256:[0-9a-f]{64}))?")


def digest_of(tag: str) -> str:
    """What the registry says that the tag is now, for all architectures together."""
    command = ["docker", "buildx", "imagetools", "inspect", tag, "--format", "{{.Manifest.Digest}}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = done.stdout.strip().strip('"')
    if done.returncode != 0 or not re.fullmatch(r"sha256:[0-9a-f]{64}", said):
        answer = " ".join((done.stderr or said).split()) or "no answer"
        raise LookupError(f"{tag}: {answer} (docker's plug-in buildx is needed, and a way to the registry)")
    return said


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--root", type=Path, default=ROOT, help="folder of the files")
    arguments = parser.parse_args()
    texts = {path: path.read_text(encoding="utf-8") for path in (arguments.root / name for name in FILES)}
    tags = sorted({found["tag"] for text in texts.values() for found in IMAGE.finditer(f"\n{text}")})
    try:
        present = {tag: digest_of(tag) for tag in tags}
    except (LookupError, OSError) as error:
        print(f"pin: {error}. Nothing was written.", file=sys.stderr)
        return 2
    other = 0
    for path, text in texts.items():
        for found in IMAGE.finditer(f"\n{text}"):
            if found["digest"] != present[found["tag"]]:
                other += 1
                print(f"{path.name}: {found['tag']} {found['digest'] or 'without a digest'} -> {present[found['tag']]}")
        written = IMAGE.sub(lambda found: f"{found['tag']}@{present[found['tag']]}", f"\n{text}")[1:]
        if written != text and not arguments.check:
            path.write_text(written, encoding="utf-8")
    print(f"{len(tags)} images, {other} with another digest.")
    return 1 if arguments.check and other else 0


if __name__ == "__main__":
    sys.exit(main())
