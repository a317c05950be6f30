package transfer

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// Limits of what is read. They bound the memory, whatever a file claims to be.
const (
	maxColumns = 500
	maxCell    = 40_000 // bytes: a cell of a spreadsheet has 32,767 characters
	maxRows    = 200_000
	maxUnzip   = 300 << 20
)

// What can be wrong with a file as a whole.
var (
	errQuote   = errors.New("a quotation mark is never closed")
	errCell    = errors.New("a cell is too long")
	errColumns = errors.New("too many columns")
	errBinary  = errors.New("not a table")
	errZip     = errors.New("unpacks to too much")
	errSheet   = errors.New("no such sheet")
	errDamaged = errors.New("damaged")
)

// rowsReader gives row by row; io.EOF at the end. The slice is the caller's.
type rowsReader interface {
	next() ([]string, error)
	close() error
}

// csvReader reads the CSV that programs really write: cells in quotes hold anything,
// a quotation mark inside another cell is a character, lines end in any way.
type csvReader struct {
	in        *bufio.Reader
	delimiter rune
	line      int // of the row that was read last, from 1
	at        int
	done      func() error
}

func newCSV(in io.Reader, delimiter rune) *csvReader {
	return &csvReader{in: bufio.NewReaderSize(in, 64<<10), delimiter: delimiter, at: 1}
}

func (r *csvReader) close() error {
	if r.done == nil {
		return nil
	}
	return r.done()
}

func (r *csvReader) next() ([]string, error) {
	r.line = r.at
	var cells []string
	var b strings.Builder
	quoted, closed, any := false, false, false
	end := func() error {
		if len(cells) >= maxColumns {
			return errColumns
		}
		cells = append(cells, b.String())
		b.Reset()
		quoted, closed = false, false
		return nil
	}
	for {
		c, _, err := r.in.ReadRune()
		if errors.Is(err, io.EOF) {
			switch {
			case quoted && !closed:
				return nil, errQuote
			case !any:
				return nil, io.EOF
			}
			err := end()
			return cells, err
		}
		if err != nil {
			return nil, err
		}
		any = true
		if c == '\n' {
			r.at++
		}
		if b.Len() > maxCell {
			if quoted && !closed {
				return nil, errQuote
			}
			return nil, errCell
		}
		switch {
		case quoted && !closed:
			if c == '"' {
				next, _, err := r.in.ReadRune()
				if err == nil && next == '"' {
					b.WriteByte('"')
					continue
				}
				if err == nil {
					_ = r.in.UnreadRune() // one that was just read
				}
				closed = true
				continue
			}
			b.WriteRune(c)
		case c == r.delimiter:
			if err := end(); err != nil {
				return nil, err
			}
		case c == '\r' || c == '\n':
			if c == '\r' {
				if next, _, err := r.in.ReadRune(); err == nil && next != '\n' {
					_ = r.in.UnreadRune()
				}
				if c == '\r' {
					r.at++
				}
			}
			if err := end(); err != nil {
				return nil, err
			}
			return cells, nil
		case c == '"' && b.Len() == 0 && !closed:
			quoted = true
		case c == utf8.RuneError || c == 0:
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(c) // also what follows a closed quotation
		}
	}
}

// delimiters that are tried, the likelier first.
var delimiters = []rune{';', ',', '\t', '|'}

// guessDelimiter takes the one that makes the most cells in rows of equal length.
func guessDelimiter(sample string) rune {
	best, most := ',', 0
	for _, d := range delimiters {
		r := newCSV(strings.NewReader(sample), d)
		columns, rows := 0, 0
		for range 30 {
			cells, err := r.next()
			if errors.Is(err, errColumns) && rows == 0 {
				columns, rows = maxColumns+1, 1 // better refused as too many than read as one
			}
			if err != nil {
				break
			}
			if len(cells) == 1 && strings.TrimSpace(cells[0]) == "" {
				continue
			}
			if rows == 0 {
				columns = len(cells)
			}
			if len(cells) == columns {
				rows++
			}
		}
		if score := rows * (columns - 1); columns > 1 && score > most {
			best, most = d, score
		}
	}
	return best
}
