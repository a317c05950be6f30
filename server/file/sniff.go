package file

import (
	"bytes"
	"encoding/binary"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// Types that the sniffer tells apart itself.
const (
	TypeDOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	TypeXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	TypePPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
	TypePDF  = "application/pdf"

	macroType    = "application/vnd.ms-office.macroEnabled"
	macroProject = "vbaProject.bin"
)

// DefaultAllowed lists the types that are stored when nothing else is said:
// documents, images and plain data, nothing that a browser or a shell would run.
func DefaultAllowed() []string {
	return []string{
		TypePDF, TypeDOCX, TypeXLSX, TypePPTX,
		"application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint",
		"application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.spreadsheet",
		"application/vnd.oasis.opendocument.presentation", "text/rtf",
		"text/plain", "text/csv", "text/tab-separated-values", "text/xml", "application/json",
		"image/png", "image/jpeg", "image/gif", "image/webp", "image/tiff", "image/bmp", "image/heic",
		"application/zip",
	}
}

func office(kind string) bool { return kind == TypeDOCX || kind == TypeXLSX || kind == TypePPTX }

// Sniff tells the type of content by its beginning (the more the better, up to
// one chunk), never by its name. It has no parameters ("text/plain").
func Sniff(head []byte) string {
	kind, _, _ := strings.Cut(mimetype.Detect(head).String(), ";")
	if kind == "application/zip" || office(kind) {
		// The library looks at the first 3 KB only; office writers put other
		// parts first.
		if found := archive(head); found != "" {
			return found
		}
		return "application/zip"
	}
	return kind
}

var localHeader = []byte("PK\x03\x04")

// archive tells an office document from other archives by the names of its parts.
func archive(head []byte) string {
	kind, described := "", false
	for at := 0; ; {
		i := bytes.Index(head[at:], localHeader)
		if i < 0 || at+i+30 > len(head) {
			break
		}
		at += i
		length := int(binary.LittleEndian.Uint16(head[at+26:]))
		name := string(head[at+30 : min(len(head), at+30+length)])
		switch {
		case name == "[Content_Types].xml":
			described = true
		case strings.HasPrefix(name, "word/"):
			kind = TypeDOCX
		case strings.HasPrefix(name, "xl/"):
			kind = TypeXLSX
		case strings.HasPrefix(name, "ppt/"):
			kind = TypePPTX
		}
		at += len(localHeader)
	}
	if kind != "" && described {
		return kind
	}
	return ""
}
