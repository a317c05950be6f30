package transfer

import (
	"bufio"
	"encoding/csv"
	"io"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"
)

// Formats of tables.
const (
	CSV  = "csv"
	XLSX = "xlsx"
)

// Table takes rows one by one. Cells are nil, string, decimal.Decimal, bool, Day or
// time.Time, which is written as the clock of its zone shows it.
type Table interface {
	Row(cells []any) error
	// Close writes what is left; it does not close what is written to.
	Close() error
}

// Day is a date without a time, 2026-03-31.
type Day string

// NewTable begins a table in a format.
func NewTable(format string, to io.Writer) (Table, error) {
	if format == XLSX {
		return newSheet(to)
	}
	return newText(to)
}

// ContentType is the MIME type of a format.
func ContentType(format string) string {
	if format == XLSX {
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return "text/csv; charset=utf-8"
}

// text is CSV in UTF-8 with a mark that tells spreadsheets so.
type text struct {
	buffered *bufio.Writer
	out      *csv.Writer
	cells    []string
}

func newText(to io.Writer) (*text, error) {
	b := bufio.NewWriterSize(to, 64<<10)
	if _, err := b.WriteString("\ufeff"); err != nil {
		return nil, err
	}
	w := csv.NewWriter(b)
	w.UseCRLF = true
	return &text{buffered: b, out: w}, nil
}

func (t *text) Row(cells []any) error {
	t.cells = t.cells[:0]
	for _, c := range cells {
		t.cells = append(t.cells, plain(c))
	}
	return t.out.Write(t.cells)
}

func (t *text) Close() error {
	t.out.Flush()
	if err := t.out.Error(); err != nil {
		return err
	}
	return t.buffered.Flush()
}

func plain(cell any) string {
	switch c := cell.(type) {
	case nil:
		return ""
	case string:
		return harmless(c)
	case decimal.Decimal:
		return c.String()
	case Day:
		return string(c)
	case time.Time:
		return c.Format("2006-01-02 15:04:05")
	case bool:
		if c {
			return "true"
		}
		return "false"
	}
	return ""
}

// harmless puts a mark before a text that a spreadsheet would take for a formula.
// Reading takes the mark away again.
func harmless(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

func unmarked(text string) string {
	if len(text) > 1 && text[0] == '\'' && strings.ContainsRune("=+-@\t\r", rune(text[1])) {
		return text[1:]
	}
	return text
}

// sheet is one worksheet, written row by row; what does not fit into memory is kept
// in a temporary file.
type sheet struct {
	to        io.Writer
	file      *excelize.File
	rows      *excelize.StreamWriter
	n         int
	day, time int // styles
	cells     []any
}

func newSheet(to io.Writer) (*sheet, error) {
	s := &sheet{to: to, file: excelize.NewFile()}
	var err error
	for _, style := range []struct {
		to     *int
		format string
	}{{&s.day, "yyyy-mm-dd"}, {&s.time, "yyyy-mm-dd hh:mm"}} {
		if *style.to, err = s.file.NewStyle(&excelize.Style{CustomNumFmt: &style.format}); err != nil {
			return nil, err
		}
	}
	s.rows, err = s.file.NewStreamWriter("Sheet1")
	if err != nil {
		return nil, err
	}
	return s, s.rows.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}

func (s *sheet) Row(cells []any) error {
	s.cells = s.cells[:0]
	for _, c := range cells {
		switch v := c.(type) {
		case decimal.Decimal:
			f, exact := v.Float64()
			if exact || len(v.Coefficient().String()) <= 15 {
				c = f
			} else {
				c = v.String() // more digits than a number of a spreadsheet has
			}
		case Day:
			at, err := time.Parse(time.DateOnly, string(v))
			if err != nil {
				c = string(v)
				break
			}
			c = excelize.Cell{StyleID: s.day, Value: at}
		case time.Time:
			wall := time.Date(v.Year(), v.Month(), v.Day(), v.Hour(), v.Minute(), v.Second(), 0, time.UTC)
			c = excelize.Cell{StyleID: s.time, Value: wall}
		}
		s.cells = append(s.cells, c)
	}
	s.n++
	at, err := excelize.CoordinatesToCellName(1, s.n)
	if err != nil {
		return err
	}
	return s.rows.SetRow(at, s.cells)
}

func (s *sheet) Close() error {
	defer s.file.Close() //nolint:errcheck // it only removes the temporary file
	if err := s.rows.Flush(); err != nil {
		return err
	}
	return s.file.Write(s.to)
}
