"""Where Tesseract's knowledge of letters lies on this machine: a package of the system, not of Python."""

from importlib.util import find_spec
from pathlib import Path

# By language: its package on Debian.
PACKAGES = {"vie": "tesseract-ocr-vie", "eng": "tesseract-ocr-eng"}
FOLDERS = (
    ("/usr/share/tesseract-ocr", "*/tessdata"),
    ("/usr/share", "tessdata"),
    ("/usr/local/share", "tessdata"),
    ("/opt/homebrew/share", "tessdata"),
)
# What reads papers on this machine -> its name in requirements.txt.
LIBRARIES = {"cv2": "opencv-python-headless", "zxingcpp": "zxing-cpp", "tesserocr": "tesserocr"}


def folder_of(language: str) -> Path | None:
    """Return the folder that holds a language's traineddata, or None."""
    for root, pattern in FOLDERS:
        for folder in sorted(Path(root).glob(pattern), reverse=True):
            if (folder / f"{language}.traineddata").is_file():
                return folder
    return None


def missing_libraries() -> list[str]:
    """Return the packages of Python that are not installed; imports none of them."""
    return [package for module, package in LIBRARIES.items() if find_spec(module) is None]


def missing_languages() -> list[str]:
    """Return the packages of the system that are not installed."""
    return [package for language, package in PACKAGES.items() if folder_of(language) is None]
