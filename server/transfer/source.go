package transfer

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/fluxo-app/fluxo/server/problem"
)

// Reading says how the table of a file is read. What is empty is guessed.
type Reading struct {
	Format    string `json:"format,omitempty" enum:"csv,xlsx"`
	Encoding  string `json:"encoding,omitempty" enum:"utf-8,utf-16le,utf-16be,windows-1250,windows-1251,windows-1252,iso-8859-2,koi8-r,cp866" doc:"of CSV"`
	Delimiter string `json:"delimiter,omitempty" maxLength:"1" doc:"of CSV"`
	Sheet     string `json:"sheet,omitempty" maxLength:"100" doc:"of XLSX"`
	// NoHeader means that the first row holds values.
	NoHeader bool `json:"noHeader,omitempty"`
}

// Encodings lists what CSV can be written in.
func Encodings() []string {
	return []string{"utf-8", "utf-16le", "utf-16be", "windows-1250", "windows-1251", "windows-1252", "iso-8859-2", "koi8-r", "cp866"}
}

func decoder(name string) encoding.Encoding {
	switch name {
	case "utf-16le":
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case "utf-16be":
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case "windows-1250":
		return charmap.Windows1250
	case "windows-1251":
		return charmap.Windows1251
	case "windows-1252":
		return charmap.Windows1252
	case "iso-8859-2":
		return charmap.ISO8859_2
	case "koi8-r":
		return charmap.KOI8R
	case "cp866":
		return charmap.CodePage866
	}
	return unicode.UTF8BOM
}

const sampleBytes = 256 << 10

// sniff tells what a file is by what is in it, whatever it is called.
func sniff(content io.ReadSeeker) (format string, sample []byte, err error) {
	sample = make([]byte, sampleBytes)
	n, err := io.ReadFull(content, sample)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return "", nil, err
	}
	sample = sample[:n]
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return "", nil, err
	}
	switch {
	case bytes.HasPrefix(sample, []byte("PK\x03\x04")):
		return XLSX, sample, nil
	case bytes.HasPrefix(sample, []byte("\xd0\xcf\x11\xe0")), bytes.HasPrefix(sample, []byte("%PDF")), bytes.HasPrefix(sample, []byte("\x7fELF")), bytes.HasPrefix(sample, []byte("\x1f\x8b")):
		return "", sample, errBinary
	}
	if e := guessEncoding(sample); e != "utf-16le" && e != "utf-16be" && bytes.Count(sample, []byte{0}) > 0 {
		return "", sample, errBinary
	}
	return CSV, sample, nil
}

// guessEncoding looks at marks, then at validity, then at which letters the bytes
// beyond ASCII would be.
func guessEncoding(sample []byte) string {
	switch {
	case bytes.HasPrefix(sample, []byte("\xef\xbb\xbf")):
		return "utf-8"
	case bytes.HasPrefix(sample, []byte("\xff\xfe")):
		return "utf-16le"
	case bytes.HasPrefix(sample, []byte("\xfe\xff")):
		return "utf-16be"
	}
	if len(sample) >= 8 { // without a mark every other byte of Latin text is 0
		var zero [2]int
		for i, b := range sample {
			if b == 0 {
				zero[i%2]++
			}
		}
		switch half := len(sample) / 2; {
		case zero[1] > half*6/10 && zero[0] == 0:
			return "utf-16le"
		case zero[0] > half*6/10 && zero[1] == 0:
			return "utf-16be"
		}
	}
	whole := sample
	for cut := 0; cut < utf8.UTFMax && len(whole) > 0 && len(sample) == sampleBytes && !utf8.Valid(whole); cut++ {
		whole = whole[:len(whole)-1] // a character may be cut by the end of the sample
	}
	if utf8.Valid(whole) {
		return "utf-8"
	}
	high, beside := 0, 0
	polish, western := 0, 0
	for i, b := range sample {
		if b < 0x80 {
			continue
		}
		high++
		if i > 0 && sample[i-1] >= 0x80 {
			beside++
		}
		switch {
		case bytes.IndexByte([]byte("\xb9\xb3\x9c\x9f\xbf\xe6\xea\xa3\x8c\xaf\xa5\xf1"), b) >= 0:
			polish++
		case bytes.IndexByte([]byte("\xe3\xe7\xf5\xe1\xe9\xed\xfa\xe2\xf4\xc7\xc3\xfc\xe4\xf6\xdf"), b) >= 0:
			western++
		}
	}
	switch {
	case beside*2 > high: // words of such letters only: Cyrillic
		return cyrillic(sample)
	case polish > western:
		return "windows-1250"
	}
	return "windows-1252"
}

// cyrillic takes the page in which the most letters are small ones of Russian.
func cyrillic(sample []byte) string {
	best, most := "windows-1251", -1
	for _, name := range []string{"windows-1251", "koi8-r", "cp866"} {
		text, err := decoder(name).NewDecoder().Bytes(sample)
		if err != nil {
			continue
		}
		n := 0
		for _, r := range string(text) {
			switch {
			case strings.ContainsRune("оеаинтсрвл", r):
				n += 3
			case r >= 'а' && r <= 'я':
				n++
			}
		}
		if n > most {
			best, most = name, n
		}
	}
	return best
}

// guess fills in how a file is read.
func guess(content io.ReadSeeker, r Reading) (Reading, []string, error) {
	format, sample, err := sniff(content)
	if err != nil {
		return r, nil, err
	}
	r.Format = format
	if format == XLSX {
		r.Encoding, r.Delimiter = "", ""
		sheets, err := sheetsOf(content)
		if err != nil {
			return r, nil, err
		}
		if r.Sheet == "" {
			r.Sheet = sheets[0]
		} else if !slices.Contains(sheets, r.Sheet) {
			return r, sheets, errSheet
		}
		return r, sheets, nil
	}
	r.Sheet = ""
	if r.Encoding == "" {
		r.Encoding = guessEncoding(sample)
	}
	if r.Delimiter == "" {
		text, err := decoder(r.Encoding).NewDecoder().Bytes(sample)
		if err != nil {
			return r, nil, err
		}
		r.Delimiter = string(guessDelimiter(string(text)))
	}
	return r, nil, nil
}

// open begins to read the rows of a file.
func open(content io.ReadSeekCloser, r Reading) (rowsReader, error) {
	if r.Format == XLSX {
		return newSheetReader(content, r.Sheet)
	}
	delimiter, _ := utf8.DecodeRuneInString(r.Delimiter)
	text := newCSV(decoder(r.Encoding).NewDecoder().Reader(content), delimiter)
	text.done = content.Close
	return text, nil
}

// unpacked checks that a zip file is one, and what it unpacks to, by unpacking it:
// what its directory says may be a lie.
func unpacked(content io.ReadSeeker) (io.ReaderAt, int64, error) {
	size, err := content.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, 0, err
	}
	at := &readerAt{content: content}
	z, err := zip.NewReader(at, size)
	if err != nil {
		return nil, 0, errDamaged
	}
	if len(z.File) > 2000 {
		return nil, 0, errZip
	}
	total := int64(0)
	for _, f := range z.File {
		part, err := f.Open()
		if err != nil {
			return nil, 0, errDamaged
		}
		n, err := io.Copy(&texts{}, io.LimitReader(part, maxUnzip-total+1))
		part.Close()
		if total += n; total > maxUnzip || errors.Is(err, errZip) {
			return nil, 0, errZip
		}
		if err != nil {
			return nil, 0, errDamaged
		}
	}
	return at, size, nil
}

// maxText is how much may stand in a part without a mark of XML: what reads it holds
// one text several times over. A cell has far less.
const maxText = 4 << 20

// texts looks at a part that is written to it, and refuses one with a text without end.
type texts struct{ since int } // the last mark

func (t *texts) Write(p []byte) (int, error) {
	for rest := p; ; {
		at := bytes.IndexByte(rest, '<')
		if at < 0 {
			at = len(rest)
		}
		if t.since += at; t.since > maxText {
			return 0, errZip
		}
		if at == len(rest) {
			return len(p), nil
		}
		rest, t.since = rest[at+1:], 0
	}
}

// readerAt reads a seekable content at any place; not for several at once.
type readerAt struct{ content io.ReadSeeker }

func (r *readerAt) ReadAt(p []byte, at int64) (int, error) {
	if _, err := r.content.Seek(at, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(r.content, p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}

// refusal puts what is wrong with a file into words for the person who sent it.
func refusal(err error, line int) error {
	for _, known := range []struct {
		err        error
		code, text string
	}{
		{errQuote, "file_quote", "A quotation mark in line {line} is never closed."},
		{errCell, "file_cell", "A cell in row {line} is too long: at most 32,767 characters."},
		{errColumns, "file_columns", "Row {line} has more than 500 columns."},
		{errBinary, "file_type", ""},
		{errZip, "file_unpacks", ""},
		{errSheet, "file_sheet", ""},
		{errDamaged, "file_damaged", ""},
	} {
		if errors.Is(err, known.err) {
			return problem.New(known.code, "line", fmt.Sprint(line)).Because(err)
		}
	}
	return err
}
