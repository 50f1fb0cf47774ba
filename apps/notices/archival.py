"""PDF/A-3a and PDF/UA-1 at once: a letter that can be kept for ever and read by everybody.

WeasyPrint writes one variant. What it writes for PDF/A-3a is tagged as PDF/UA-1 wants it, too; only the mark that says so is
missing, and PDF/A wants the property of that mark to be described. Both are added to the metadata here, by a variant of
our own in WeasyPrint's table.
"""

from typing import Any
from xml.etree import ElementTree as ET

from weasyprint.pdf import VARIANTS
from weasyprint.pdf.metadata import NS

ARCHIVAL = "pdf/a-3a+ua-1"
_write_archive, _properties = VARIANTS["pdf/a-3a"]
_PDFA = {f"pdfa{name.title()}": f"http://www.aiim.org/pdfa/ns/{name}{end}"
         for name, end in (("extension", "/"), ("schema", "#"), ("property", "#"))}  # fmt: skip
for _prefix, _uri in _PDFA.items():
    ET.register_namespace(_prefix, _uri)
_UA_MARK = f"""
<rdf:RDF xmlns:rdf="{NS["rdf"]}" xmlns:pdfuaid="{NS["pdfuaid"]}" xmlns:e="{_PDFA["pdfaExtension"]}"
    xmlns:s="{_PDFA["pdfaSchema"]}" xmlns:p="{_PDFA["pdfaProperty"]}">
  <rdf:Description rdf:about=""><pdfuaid:part>1</pdfuaid:part></rdf:Description>
  <rdf:Description rdf:about="">
    <e:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
      <s:schema>PDF/UA identification</s:schema>
      <s:namespaceURI>{NS["pdfuaid"]}</s:namespaceURI>
      <s:prefix>pdfuaid</s:prefix>
      <s:property><rdf:Seq><rdf:li rdf:parseType="Resource">
        <p:name>part</p:name>
        <p:valueType>Integer</p:valueType>
        <p:category>internal</p:category>
        <p:description>Part of ISO 14289 to which the file conforms</p:description>
      </rdf:li></rdf:Seq></s:property>
    </rdf:li></rdf:Bag></e:schemas>
  </rdf:Description>
</rdf:RDF>
"""


def _write(pdf: Any, document: Any, page_streams: Any, attachments: Any, compress: bool) -> None:
    """What WeasyPrint calls for a variant (its own signature)."""
    described = document.metadata.generate_rdf_metadata

    def with_mark(*variant: Any) -> bytes:
        rdf = ET.fromstring(described(*variant))  # noqa: S314  # WeasyPrint has just written it
        rdf.extend(ET.fromstring(_UA_MARK))  # noqa: S314  # it stands above
        return bytes(ET.tostring(rdf, encoding="utf-8"))

    document.metadata.generate_rdf_metadata = with_mark
    _write_archive(pdf, document, page_streams, attachments, compress)


VARIANTS[ARCHIVAL] = _write, _properties
