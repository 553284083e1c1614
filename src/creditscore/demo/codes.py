"""Made-up unified social credit codes: well formed, in districts that do not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_INNER = (3, 7, 9, 10, 5, 8, 4, 2)  # weights of the organisation's own code, GB 11714


def organisation_code(body: str) -> str:
    """Eight characters and their check character (GB 11714)."""
    total = sum(int(name, 36) * weight for name, weight in zip(body, _INNER, strict=True))
    return body + "0123456789X0"[(11 - total % 11) % 11]


def credit_codes(prefixes: list[str], rng: np.random.Generator) -> list[str]:
    """Draw well-formed unified social credit codes for fictitious organisations, a different code for each prefix.

    The organisation part begins with `MADM`; both check characters are valid.

    Parameters
    ----------
    prefixes
        The first eight characters of each code: registering authority, kind and six digits of the district.
    rng
        The source of randomness; the same state gives the same codes.

    Returns
    -------
    list of str
        One code of 18 characters for each prefix, in their order.

    Raises
    ------
    ValueError
        For more than 31⁴ prefixes.

    Examples
    --------
    >>> import numpy as np
    >>> credit_codes(["91990000"], np.random.default_rng(1))
    ['91990000MADMPNLE8Q']
    """
    from stdnum.cn import uscc

    numbers: NDArray[np.int64] = rng.choice(len(_LETTERS) ** 4, size=len(prefixes), replace=False)
    codes = []
    for prefix, number in zip(prefixes, numbers.tolist(), strict=True):
        body = "MADM"  # MA as real codes have it; then DM for demonstration
        for _ in range(4):
            number, digit = divmod(number, len(_LETTERS))
            body += _LETTERS[digit]
        code = prefix + organisation_code(body)
        codes.append(code + uscc.calc_check_digit(code))
    return codes
