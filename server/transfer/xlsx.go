package transfer

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"
)

// openBook opens a workbook that has been unpacked once within the limits. Big
// parts are kept in temporary files.
func openBook(content io.ReadSeeker) (book *excelize.File, err error) {
	at, size, err := unpacked(content)
	if err != nil {
		return nil, err
	}
	defer guarded(&err)
	book, err = excelize.OpenReader(io.NewSectionReader(at, 0, size), excelize.Options{RawCellValue: true, UnzipSizeLimit: maxUnzip, UnzipXMLSizeLimit: 8 << 20})
	if err != nil {
		return nil, errDamaged
	}
	return book, nil
}

// guarded turns a panic of the library over a damaged file into an error.
func guarded(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%w: %v", errDamaged, r)
	}
}

func sheetsOf(content io.ReadSeeker) (names []string, err error) {
	book, err := openBook(content)
	if err != nil {
		return nil, err
	}
	defer book.Close() //nolint:errcheck // it was read only
	defer guarded(&err)
	if names = book.GetSheetList(); len(names) == 0 {
		return nil, errDamaged
	}
	return names, nil
}

// sheetReader reads a worksheet row by row. Cells come as they are stored: numbers
// without a format, dates as the number of days, formulas as the value that was
// computed when the file was saved.
type sheetReader struct {
	content io.Closer
	book    *excelize.File
	rows    *excelize.Rows
	n       int
}

func newSheetReader(content io.ReadSeekCloser, sheet string) (_ *sheetReader, err error) {
	book, err := openBook(content)
	if err != nil {
		return nil, err
	}
	defer guarded(&err)
	rows, err := book.Rows(sheet)
	if err != nil {
		_ = book.Close()
		return nil, errSheet
	}
	return &sheetReader{content: content, book: book, rows: rows}, nil
}

func (r *sheetReader) close() error {
	return errors.Join(r.rows.Close(), r.book.Close(), r.content.Close())
}

func (r *sheetReader) next() (cells []string, err error) {
	defer guarded(&err)
	if !r.rows.Next() {
		if err := r.rows.Error(); err != nil {
			return nil, errDamaged
		}
		return nil, io.EOF
	}
	// The library gives an empty row for each number up to the one that a row claims,
	// and believes any claim: with enough digits it would never end.
	if r.n++; r.n > excelize.TotalRows {
		return nil, errDamaged
	}
	cells, err = r.rows.Columns(excelize.Options{RawCellValue: true})
	switch {
	case err != nil:
		return nil, errDamaged
	case len(cells) > maxColumns:
		return nil, errColumns
	}
	for _, c := range cells {
		if len(c) > 4*maxCell {
			return nil, errCell
		}
	}
	return cells, nil
}

// serial reads the number by which a spreadsheet counts days as the moment it shows.
func serial(text string) (time.Time, bool) {
	n, err := decimal.NewFromString(text)
	if err != nil {
		return time.Time{}, false
	}
	days, _ := n.Float64()
	if days < 1 || days > 2_958_465 { // the year 9999
		return time.Time{}, false
	}
	at, err := excelize.ExcelDateToTime(days, false)
	return at.Round(time.Second), err == nil
}
