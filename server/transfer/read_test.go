package transfer

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/fluxo-app/fluxo/server/problem"
)

func rowsOf(t *testing.T, raw []byte, r Reading) ([][]string, Reading, error) {
	t.Helper()
	r, _, err := guess(bytes.NewReader(raw), r)
	if err != nil {
		return nil, r, err
	}
	rows, err := open(closing{bytes.NewReader(raw)}, r)
	if err != nil {
		return nil, r, err
	}
	defer rows.close()
	var out [][]string
	for {
		cells, err := rows.next()
		if errors.Is(err, io.EOF) {
			return out, r, nil
		}
		if err != nil {
			return out, r, err
		}
		out = append(out, cells)
	}
}

func encoded(t *testing.T, to interface{ String(string) (string, error) }, text string) []byte {
	t.Helper()
	out, err := to.String(text)
	require.NoError(t, err)
	return []byte(out)
}

// covers L-04: encoding and delimiter are guessed.
func TestTablesOfAnyOriginAreRead(t *testing.T) {
	polish := "Imię;Nazwisko;E-mail\nŁucja;Źdźbło;lucja@example.com\nŻaneta;Gąska;z@example.com\n"
	russian := "Имя,Фамилия,Почта\nАнна,Иванова,anna@example.com\n"
	western := "Nome\tCidade\nJoão\tSão Tomé\nConceição\tCamarões\n"
	for name, c := range map[string]struct {
		raw       []byte
		encoding  string
		delimiter string
		second    []string
	}{
		"UTF-8":              {[]byte(polish), "utf-8", ";", []string{"Łucja", "Źdźbło", "lucja@example.com"}},
		"UTF-8 with a mark":  {[]byte("\ufeff" + russian), "utf-8", ",", []string{"Анна", "Иванова", "anna@example.com"}},
		"windows-1250":       {encoded(t, charmap.Windows1250.NewEncoder(), polish), "windows-1250", ";", []string{"Łucja", "Źdźbło", "lucja@example.com"}},
		"windows-1251":       {encoded(t, charmap.Windows1251.NewEncoder(), russian), "windows-1251", ",", []string{"Анна", "Иванова", "anna@example.com"}},
		"KOI8-R":             {encoded(t, charmap.KOI8R.NewEncoder(), russian), "koi8-r", ",", []string{"Анна", "Иванова", "anna@example.com"}},
		"code page 866":      {encoded(t, charmap.CodePage866.NewEncoder(), russian), "cp866", ",", []string{"Анна", "Иванова", "anna@example.com"}},
		"windows-1252":       {encoded(t, charmap.Windows1252.NewEncoder(), western), "windows-1252", "\t", []string{"João", "São Tomé"}},
		"UTF-16 with a mark": {encoded(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder(), western), "utf-16le", "\t", []string{"João", "São Tomé"}},
		"UTF-16 without":     {encoded(t, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder(), western), "utf-16be", "\t", []string{"João", "São Tomé"}},
		"old line ends":      {[]byte("a|b\r1|2\r"), "utf-8", "|", []string{"1", "2"}},
		"quotes":             {[]byte("a,b\r\n\"x, \"\"y\"\"\nz\",5\" pipe\r\n"), "utf-8", ",", []string{"x, \"y\"\nz", "5\" pipe"}},
		"no line end":        {[]byte("a;b\n\"1\";"), "utf-8", ";", []string{"1", ""}},
	} {
		rows, r, err := rowsOf(t, c.raw, Reading{})
		require.NoError(t, err, name)
		require.Equal(t, []string{c.encoding, c.delimiter}, []string{r.Encoding, r.Delimiter}, name)
		require.GreaterOrEqual(t, len(rows), 2, name)
		require.Equal(t, c.second, rows[1], name)
	}
	rows, _, err := rowsOf(t, encoded(t, charmap.Windows1250.NewEncoder(), polish), Reading{Encoding: "utf-8", Delimiter: ";"})
	require.NoError(t, err, "what is not valid in the encoding that was chosen is shown as such")
	require.Contains(t, rows[1][0], "\ufffd")
}

func workbook(t *testing.T, rows ...[]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, r := range rows {
		require.NoError(t, f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &r))
	}
	var b bytes.Buffer
	require.NoError(t, f.Write(&b))
	return b.Bytes()
}

func zipped(t *testing.T, parts map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range parts {
		w, err := z.Create(name)
		require.NoError(t, err)
		_, err = io.WriteString(w, text)
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.Bytes()
}

// bomb is a workbook whose sheet unpacks to more than a gigabyte: one packed
// megabyte over and over.
func bomb(t *testing.T, claimed uint64) []byte {
	t.Helper()
	var chunk bytes.Buffer
	w, err := flate.NewWriter(&chunk, flate.BestCompression)
	require.NoError(t, err)
	_, err = w.Write(bytes.Repeat([]byte("<row></row>     "), 1<<16))
	require.NoError(t, err)
	require.NoError(t, w.Flush())
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	part, err := z.CreateRaw(&zip.FileHeader{Name: "xl/worksheets/sheet1.xml", Method: zip.Deflate, UncompressedSize64: claimed, CompressedSize64: uint64(1100 * chunk.Len())})
	require.NoError(t, err)
	for range 1100 {
		_, err := part.Write(chunk.Bytes())
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.Bytes()
}

// reworded is a workbook with another wording in one of its parts.
func reworded(t *testing.T, book []byte, part, old, text string) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	require.NoError(t, err)
	parts := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		require.NoError(t, err)
		raw, err := io.ReadAll(r)
		require.NoError(t, err)
		parts[f.Name] = string(raw)
	}
	require.Contains(t, parts[part], old)
	parts[part] = strings.ReplaceAll(parts[part], old, text)
	return zipped(t, parts)
}

// Hostile files are refused with a reason, or read as the plain values that they
// are, in a bounded amount of memory.
func TestHostileFiles(t *testing.T) {
	good := workbook(t, []any{"Name", "E-mail"}, []any{"=1+1", "a@example.com"})
	formula := func() []byte {
		f := excelize.NewFile()
		defer f.Close()
		require.NoError(t, f.SetCellValue("Sheet1", "A1", "Name"))
		require.NoError(t, f.SetCellFormula("Sheet1", "A2", `=HYPERLINK("http://evil.test","x")`))
		require.NoError(t, f.SetCellValue("Sheet1", "B2", "b@example.com"))
		var b bytes.Buffer
		require.NoError(t, f.Write(&b))
		return b.Bytes()
	}()
	far := func() []byte {
		f := excelize.NewFile()
		defer f.Close()
		require.NoError(t, f.SetCellValue("Sheet1", "XFD1", "far"))
		var b bytes.Buffer
		require.NoError(t, f.Write(&b))
		return b.Bytes()
	}()
	// A row says which one it is.
	rowNumbered := func(n string) []byte {
		return reworded(t, good, "xl/worksheets/sheet1.xml", `<row r="2"`, `<row r="`+n+`"`)
	}
	for name, c := range map[string]struct {
		raw  []byte
		code string // "" = it is read
	}{
		"a row below the last":          {rowNumbered("1048577"), "file_damaged"},
		"a row without end":             {rowNumbered("999999999999"), "file_damaged"},
		"the last row":                  {rowNumbered("1048576"), ""},
		"a row above the first":         {rowNumbered("-7"), "file_empty"},
		"a row numbered by no number":   {rowNumbered("1e9"), "file_damaged"},
		"formulas are values":           {formula, ""},
		"texts that look like formulas": {good, ""},
		"a workbook cut in two":         {good[:len(good)/2], "file_damaged"},
		"a zip that is no workbook":     {zipped(t, map[string]string{"a.txt": "x"}), "file_damaged"},
		"a workbook of broken XML":      {zipped(t, map[string]string{"[Content_Types].xml": "<Types><<<", "xl/workbook.xml": "<workbook><sheets", "xl/worksheets/sheet1.xml": "<worksheet>"}), "file_damaged"},
		"a column too far":              {far, "file_columns"},
		"5,000 columns":                 {[]byte(strings.Repeat("a;", 4999) + "a\n"), "file_columns"},
		"quotes never closed":           {[]byte("a,b\n1,\"2\n" + strings.Repeat("x,y\n", 50_000)), "file_quote"},
		"quotes never closed, short":    {[]byte("a,b\n1,\"2\n3,4\n"), "file_quote"},
		"a huge cell":                   {[]byte("a,b\n" + strings.Repeat("x", 1<<20) + ",1\n"), "file_cell"},
		"one line of 20 MB":             {bytes.Repeat([]byte("x"), 20<<20), "file_cell"},
		"zero bytes":                    {[]byte("a,b\n\x00\x01\x02,3\n"), "file_type"},
		"an old workbook":               {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and so on"), "file_type"},
		"a program":                     {[]byte("\x7fELF\x02\x01"), "file_type"},
		"nothing":                       {nil, "file_empty"},
		"headings only":                 {[]byte("a,b\n"), "file_empty"},
		"blank rows":                    {[]byte(",,\n , \n"), "file_empty"},
	} {
		s := &Service{reading: make(chan struct{}, 1)}
		d := Draft{Rules: Rules{Forms: Forms{Decimal: "."}}}
		err := s.inspect(&d, c.raw)
		if c.code == "" {
			require.NoError(t, err, name)
			require.Positive(t, d.Rows, name)
			continue
		}
		var p *problem.Problem
		require.True(t, errors.As(err, &p), "%s: %v", name, err)
		require.Equal(t, c.code, p.Code, name)
		require.NotContains(t, p.Text("en"), "{", name)
	}
	d := Draft{}
	require.NoError(t, (&Service{reading: make(chan struct{}, 1)}).inspect(&d, formula))
	require.Equal(t, []string{"", "b@example.com"}, d.Sample[0], "a formula that was never computed has no value")
}

// A gigabyte in a file of one megabyte is refused, whatever the file says of itself,
// and the memory stays.
func TestFilesThatUnpackToTooMuch(t *testing.T) {
	for claimed, code := range map[uint64]string{1100 << 20: "file_unpacks", 1000: "file_damaged"} {
		raw := bomb(t, claimed)
		require.Less(t, len(raw), 10<<20)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		d := Draft{}
		err := (&Service{reading: make(chan struct{}, 1)}).inspect(&d, raw)
		runtime.ReadMemStats(&after)
		var p *problem.Problem
		require.ErrorAs(t, err, &p)
		require.Equal(t, code, p.Code)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<20))
	}
}

func TestNumbersDatesAndMoney(t *testing.T) {
	polish, english := Forms{Decimal: ",", Dates: "dmy", Currency: "PLN"}, Forms{Decimal: ".", Dates: "mdy", Currency: "USD"}
	for _, c := range []struct {
		forms Forms
		text  string
		want  string
	}{
		{polish, "1 234,56", "1234.56"}, {polish, "1.234,56", "1234.56"}, {english, "1,234.56", "1234.56"}, {english, "1,234", "1234"}, {polish, "1,234", "1.234"},
		{polish, "1.234", "1234"}, {english, "1.234", "1.234"}, {polish, "1\u00a0234\u00a0567", "1234567"}, {english, "1,234,567", "1234567"}, {english, "-5", "-5"}, {english, "1e3", "1000"},
		{english, "twelve", ""}, {english, "1e400000", ""}, {english, "", ""}, {english, strings.Repeat("9", 100), ""},
	} {
		n, ok := c.forms.number(c.text)
		require.Equal(t, c.want != "", ok, c.text)
		if ok {
			require.Equal(t, c.want, n.String(), c.text)
		}
	}
	for _, c := range []struct {
		forms  Forms
		text   string
		amount int64
		unit   string
	}{
		{polish, "1 240,50 zł", 124_050, "PLN"}, {english, "$1,240.50", 124_050, "USD"}, {english, "EUR 12", 1200, "EUR"}, {polish, "100", 100_00, "PLN"}, {english, "¥", 0, ""}, {english, "500 JPY", 500, "JPY"},
		{english, "1.005", 0, ""}, {polish, "R$ 10,00", 1000, "BRL"}, {english, "99999999999999999999", 0, ""},
	} {
		amount, unit, mistake := c.forms.money(c.text, "")
		require.Equal(t, c.unit == "", mistake != nil, c.text)
		if mistake == nil {
			require.Equal(t, []any{c.amount, c.unit}, []any{amount, unit}, c.text)
		}
	}
	for _, c := range []struct {
		forms Forms
		text  string
		want  string
	}{
		{polish, "31.03.2026", "2026-03-31"}, {polish, "1/2/2026", "2026-02-01"}, {english, "1/2/2026", "2026-01-02"}, {english, "31/3/26", "2026-03-31"}, {english, "2026-03-31", "2026-03-31"},
		{polish, "46112", "2026-03-31"}, {polish, "46112.5", "2026-03-31"}, {polish, "30.02.2026", ""}, {polish, "soon", ""}, {polish, "2026-03-31T10:00:00Z", "2026-03-31"}, {polish, "99999999", ""},
	} {
		at, _, ok := c.forms.day(c.text)
		require.Equal(t, c.want != "", ok, c.text)
		if ok {
			require.Equal(t, c.want, at.Format("2006-01-02"), c.text)
		}
	}
}

// covers L-04: columns are recognized by their headings in four languages.
func TestHeadingsAreRecognized(t *testing.T) {
	columns := []Column{{Key: "firstName", Import: true}, {Key: "lastName", Import: true}, {Key: "email", Import: true}, {Key: "phone", Import: true}, {Key: "company", Import: true},
		{Key: "size", Label: "Rozmiar", Import: true, Own: true}, {Key: "fullName", Import: true}, {Key: "createdAt"}}
	for _, header := range [][]string{
		{"First name", "Last name", "E-mail", "Phone number", "Company", "rozmiar", "Created"},
		{"Imię", "Nazwisko", "Poczta", "Telefon", "Nazwa firmy", "ROZMIAR", "Utworzono"},
		{"Nome", "Sobrenome", "E-mail", "Celular", "Empresa", "size", "x"},
		{"Имя", "Фамилия", "Электронная почта", "Телефон", "Компания", "Rozmiar", ""},
	} {
		require.Equal(t, []string{"firstName", "lastName", "email", "phone", "company", "size", ""}, guessMapping(columns, header))
	}
	require.Equal(t, []string{"firstName", "lastName", "company"}, guessMapping(columns, []string{"Name", "Surname", "Firm"}), "a name beside a last name")
	require.Equal(t, []string{"fullName", "", ""}, guessMapping(columns, []string{"Имя и фамилия", "фио", "?"}), "a field is taken once")
}

// One text of a hundred megabytes is refused before anything holds it: what reads a
// workbook would hold it several times over.
func TestATextWithoutEndIsRefused(t *testing.T) {
	book := workbook(t, []any{"Name"}, []any{"end of a text"})
	for size, code := range map[int]string{30_000: "", 100 << 20: "file_unpacks"} {
		raw := reworded(t, book, "xl/sharedStrings.xml", "end of a text", strings.Repeat("x", size))
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		d := Draft{Rules: Rules{Forms: Forms{Decimal: "."}}}
		err := (&Service{reading: make(chan struct{}, 1)}).inspect(&d, raw)
		runtime.ReadMemStats(&after)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<20))
		if code == "" {
			require.NoError(t, err)
			continue
		}
		var p *problem.Problem
		require.ErrorAs(t, err, &p)
		require.Equal(t, code, p.Code)
	}
}
