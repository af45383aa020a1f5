"""Comments of Markdown and HTML."""


def without_comments(text: str) -> tuple[str, list[str]]:
    """Text without `<!-- … -->`, and what they said; the mark INFO END of law texts stays. Linear in the length."""
    kept: list[str] = []
    comments: list[str] = []
    at = 0
    while (begin := text.find("<!--", at)) >= 0 and (end := text.find("-->", begin + 4)) >= 0:
        kept.append(text[at:begin])
        comment = text[begin + 4 : end]
        if comment.strip() == "INFO END":
            kept.append(text[begin : end + 3])
        else:
            comments.append(comment)
        at = end + 3
    return "".join([*kept, text[at:]]), comments
