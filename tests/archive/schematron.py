"""PDS4's Schematron rules as one XSLT 2.0 stylesheet, for the constructs that the core file uses.

ns, let (schema, pattern and rule level), pattern, rule[@context], assert[@test][@role]; no phases, includes or reports.
"""

from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

SCH = "{http://purl.oclc.org/dsdl/schematron}"


def stylesheet(path: Path) -> str:
    """A stylesheet that writes one line, ``role: message``, for each assertion a label fails."""
    root = etree.parse(path).getroot()
    spaces = "".join(f" xmlns:{n.get('prefix')}={quoteattr(n.get('uri'))}" for n in root.iter(f"{SCH}ns"))
    body, calls = [_lets(root)], []
    for number, pattern in enumerate(root.iter(f"{SCH}pattern")):
        mode = f"p{number}"
        calls.append(f'<xsl:apply-templates select="/" mode="{mode}"/>')
        # in a pattern the first rule that fits a node is the only one applied to it
        for place, rule in enumerate(pattern.iter(f"{SCH}rule")):
            checks = "".join(_check(child) for child in rule if child.tag in (f"{SCH}let", f"{SCH}assert"))
            context = quoteattr(rule.get("context"))
            body.append(
                f'<xsl:template match={context} mode="{mode}" priority="{1000 - place}">{_lets(pattern)}{checks}'
                f'<xsl:apply-templates mode="{mode}"/></xsl:template>'
            )
        body.append(f'<xsl:template match="text()" mode="{mode}"/>')
    return (
        f'<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"{spaces}>'
        f'<xsl:output method="text"/>{"".join(body)}<xsl:template match="/">{"".join(calls)}</xsl:template>'
        "</xsl:stylesheet>"
    )


def _lets(parent) -> str:
    return "".join(_check(let) for let in parent.findall(f"{SCH}let"))


def _check(child) -> str:
    if child.tag == f"{SCH}let":
        return f"<xsl:variable name={quoteattr(child.get('name'))} select={quoteattr(child.get('value'))}/>"
    message = escape(" ".join("".join(child.itertext()).split()))
    failed = quoteattr(f"not({child.get('test')})")
    return f"<xsl:if test={failed}><xsl:text>{child.get('role') or 'error'}: {message}&#10;</xsl:text></xsl:if>"
