"""One thread for every fit, in a process that has loaded nothing yet, as a command starts."""

import json
import subprocess
import sys

FRESH = """
import json
from creditscore.modelling.models.threads import one_thread
with one_thread():
    import sklearn.ensemble
    from threadpoolctl import threadpool_info
    print(json.dumps([[pool["user_api"], pool["num_threads"]] for pool in threadpool_info()]))
"""


def test_every_library_is_limited_before_it_is_used() -> None:
    """OpenMP was loaded by the boosting after the limit was set, and its threads waited for each other by spinning."""
    text = subprocess.run(
        [sys.executable, "-c", FRESH],
        env={"OMP_NUM_THREADS": "4", "OPENBLAS_NUM_THREADS": "4", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    pools = json.loads(text)
    assert {name for name, _ in pools} == {"blas", "openmp"}
    assert {threads for _, threads in pools} == {1}
