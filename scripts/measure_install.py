"""Count the packages and megabytes of environments; exit 1 where the core's is larger than promised.

    python -m venv core && core/bin/pip install dist/creditscore-*.whl
    python -m venv all && all/bin/pip install "$(ls dist/creditscore-*.whl)[all]"
    python scripts/measure_install.py core=core all=all --out benchmarks/results/install.json

Counted is what lies in site-packages as pip leaves it (compiled files too), without pip and setuptools.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

MOST_PACKAGES, MOST_MB = 30, 400  # of a plain `pip install creditscore`
LIST = """
import json, sys, sysconfig
from importlib.metadata import distributions
names = {dist.metadata["Name"].lower(): dist.version for dist in distributions(path=[sysconfig.get_path("purelib")])}
print(json.dumps([sysconfig.get_path("purelib"), names, sys.version.split()[0]]))
"""
INSTALLERS = ("pip", "setuptools", "_distutils_hack", "pkg_resources")


def measure(environment: Path) -> dict[str, Any]:
    """Packages and size of a virtual environment."""
    run = subprocess.run([environment / "bin" / "python", "-I", "-c", LIST], capture_output=True, text=True, check=True)
    folder, versions, python = json.loads(run.stdout)
    packages = {name: version for name, version in sorted(versions.items()) if name not in INSTALLERS}
    size = sum(
        file.lstat().st_size
        for top in Path(folder).iterdir()
        if not top.name.startswith(INSTALLERS)
        for file in (top.rglob("*") if top.is_dir() else [top])
        if file.is_file()
    )
    return {"python": python, "packages": len(packages), "mb": round(size / 1e6), "versions": packages}


def main() -> int:
    """Measure, print, write; the exit code says whether the core is as light as promised."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("environments", nargs="+", metavar="NAME=FOLDER")
    parser.add_argument("--out", type=Path, help="JSON file of the result")
    arguments = parser.parse_args()
    measured = {}
    for text in arguments.environments:
        name, _, folder = text.partition("=")
        measured[name] = measure(Path(folder))
        print(f"{name}: {measured[name]['packages']} packages, {measured[name]['mb']} MB in site-packages")
    if arguments.out:
        result = {"platform": platform.platform(), "most": {"packages": MOST_PACKAGES, "mb": MOST_MB}, **measured}
        arguments.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    core = measured.get("core")
    if core and (core["packages"] > MOST_PACKAGES or core["mb"] > MOST_MB):
        print(f"the core may have {MOST_PACKAGES} packages and {MOST_MB} MB at most", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
