"""Fits on one thread: sums of floats depend on how threads share the work, and a model must not."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any


def one_thread() -> AbstractContextManager[Any]:
    """Within it, BLAS and OpenMP use one thread.

    Small systems of equations are no slower so, and several times faster where other work keeps the cores busy: the
    threads of BLAS wait for each other by spinning.
    """
    # only a library that is loaded can be limited: BLAS comes with scipy, OpenMP with scikit-learn
    import scipy.linalg  # noqa: F401
    import sklearn.utils._openmp_helpers  # noqa: F401
    from threadpoolctl import threadpool_limits

    limited: AbstractContextManager[Any] = threadpool_limits(limits=1)
    return limited
