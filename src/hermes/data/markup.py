"""The words of a text that may be HTML, without its tags, scripts and styles."""

from __future__ import annotations

from html.parser import HTMLParser

SILENT = ("script", "style", "template", "head")  # what stands inside is not read
BREAKS = ("p", "br", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote")


def words(text: str) -> str:
    """What a reader sees, a line a paragraph; a `<` that opens no tag stays.

    >>> words("<p>Tom &amp; Jerry</p><script>alert(1)</script>1 < 2<br>end")
    'Tom & Jerry\\n1 < 2\\nend'
    """
    if "<" not in text and "&" not in text:
        return text.strip()
    reader = Reader()
    reader.feed(text)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.kept).split("\n"))
    return "\n".join(line for line in lines if line)


class Reader(HTMLParser):
    """Keeps what stands between tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.kept: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A silent one opens, or a line ends."""
        self.silent += tag in SILENT
        self.kept.append("\n" if tag in BREAKS else " ")

    def handle_endtag(self, tag: str) -> None:
        """A silent one closes, or a line ends."""
        self.silent -= tag in SILENT and self.silent > 0
        self.kept.append("\n" if tag in BREAKS else " ")

    def handle_data(self, data: str) -> None:
        """Text."""
        if not self.silent:
            self.kept.append(data)
