package transfer

import (
	"bytes"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
)

var cells = []any{"=1+1", "+48 58 555", "@me", "-x", "Ż\n\"ó\"", nil, decimal.RequireFromString("-1240.50"), Day("2026-03-31"), true,
	time.Date(2026, 3, 31, 14, 30, 0, 0, time.FixedZone("", 7200))}

// covers L-04: no text of a file is a formula, and values are what they are.
func TestTablesAreWritten(t *testing.T) {
	var b bytes.Buffer
	out, err := NewTable(CSV, &b)
	require.NoError(t, err)
	require.NoError(t, out.Row(cells))
	require.NoError(t, out.Close())
	require.Equal(t, "\ufeff'=1+1,'+48 58 555,'@me,'-x,\"Ż\r\n\"\"ó\"\"\",,-1240.5,2026-03-31,true,2026-03-31 14:30:00\r\n", b.String())
	rows, _, err := rowsOf(t, b.Bytes(), Reading{})
	require.NoError(t, err)
	require.Equal(t, "=1+1", unmarked(rows[0][0]), "read again, a text is what it was")

	b.Reset()
	out, err = NewTable(XLSX, &b)
	require.NoError(t, err)
	require.NoError(t, out.Row(cells))
	require.NoError(t, out.Close())
	f, err := excelize.OpenReader(bytes.NewReader(b.Bytes()))
	require.NoError(t, err)
	defer f.Close()
	for cell, want := range map[string]string{"A1": "=1+1", "B1": "+48 58 555", "G1": "-1240.5", "H1": "2026-03-31", "J1": "2026-03-31 14:30"} {
		got, err := f.GetCellValue("Sheet1", cell)
		require.NoError(t, err)
		require.Equal(t, want, got, cell)
		formula, err := f.GetCellFormula("Sheet1", cell)
		require.NoError(t, err)
		require.Empty(t, formula, cell)
	}
	rows, _, err = rowsOf(t, b.Bytes(), Reading{})
	require.NoError(t, err)
	at, _, ok := Forms{}.day(rows[0][7])
	require.True(t, ok)
	require.Equal(t, "2026-03-31", at.Format(time.DateOnly))
}

// covers L-04: rows stream through, and the memory does not grow with them.
func TestManyRowsNeedLittleMemory(t *testing.T) {
	row := []any{"Pumps and hoses for the winter", "Lis Pumps Sp. z o.o.", decimal.New(123456, -2), "PLN", Day("2026-03-31")}
	for format, rows := range map[string]int{CSV: 200_000, XLSX: 50_000} {
		out, err := NewTable(format, io.Discard)
		require.NoError(t, err)
		var most uint64
		var m runtime.MemStats
		for i := range rows {
			require.NoError(t, out.Row(row))
			if i%(rows/4) == rows/4-1 {
				runtime.GC()
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
		}
		require.NoError(t, out.Close())
		require.Less(t, most, uint64(64<<20), format)
	}
}

func TestSeveralValuesOfACell(t *testing.T) {
	require.Equal(t, "'\tx", harmless("\tx"))
	require.Equal(t, "plain", unmarked(harmless("plain")))
	require.Equal(t, "'", unmarked("'"))
	require.True(t, strings.HasPrefix(ContentType(XLSX), "application/vnd"))
}
