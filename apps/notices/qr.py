"""QR codes as paths of SVG: black modules on white, drawn row by row."""

from itertools import groupby

import qrcode

MASK = 2


def qr_path(text: str) -> tuple[str, int]:
    """The ``d`` of a path with the modules of ``text``, and how many there are on each side (a quiet zone of four included)."""
    # Trying all eight masks for the one that looks best takes as long as a tenth of a letter; readers take any.
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, mask_pattern=MASK)
    code.add_data(text)
    code.make(fit=True)
    matrix = code.get_matrix()
    path = []
    for y, row in enumerate(matrix):
        x = 0
        for black, run in groupby(row):
            length = sum(1 for _module in run)
            if black:
                path.append(f"M{x} {y}h{length}v1h-{length}z")
            x += length
    return "".join(path), len(matrix)
