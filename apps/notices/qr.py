"""QR codes as paths of SVG: black modules on white, drawn row by row."""

from itertools import groupby

import qrcode


def qr_path(text: str) -> tuple[str, int]:
    """The ``d`` of a path with the modules of ``text``, and how many there are on each side (a quiet zone of four included)."""
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M)
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
