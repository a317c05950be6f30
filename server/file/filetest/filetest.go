// Package filetest is the conformance suite of file.Store.
package filetest

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/server/file"
)

// Open returns an empty store with default options that takes its time from now.
type Open func(t *testing.T, now func() time.Time) file.Store

// Run runs the suite.
func Run(t *testing.T, open Open) {
	tests := []struct {
		name string
		run  func(*fixture)
	}{
		{"PutAndOpen", testPutAndOpen},
		{"Sizes", testSizes},
		{"Seek", testSeek},
		{"IdempotentPut", testIdempotentPut},
		{"ConcurrentPut", testConcurrentPut},
		{"Types", testTypes},
		{"TooLarge", testTooLarge},
		{"BrokenUpload", testBrokenUpload},
		{"List", testList},
		{"Give", testGive},
		{"SharedContentAndSweep", testSharedContentAndSweep},
		{"Names", testNames},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := &fixture{T: t, clock: clock.NewFake(time.Date(2026, 3, 1, 8, 0, 0, 123e6, time.UTC))}
			f.store = open(t, f.clock.Now)
			tt.run(f)
		})
	}
}

type fixture struct {
	*testing.T
	store file.Store
	clock *clock.Fake
}

func (f *fixture) put(p file.Put, content string) file.Info {
	f.Helper()
	info, err := f.store.Put(f.Context(), p, strings.NewReader(content))
	require.NoError(f, err)
	return info
}

func (f *fixture) read(id string) string {
	f.Helper()
	r, _, err := f.store.Open(f.Context(), id)
	require.NoError(f, err)
	data, err := io.ReadAll(r)
	require.NoError(f, err)
	require.NoError(f, r.Close())
	return string(data)
}

func testPutAndOpen(f *fixture) {
	info := f.put(file.Put{Name: "note.txt", Owner: "deal:1", CreatedBy: "u1"}, "hello, żółw")
	sum := sha256.Sum256([]byte("hello, żółw"))
	require.Equal(f, file.Info{ID: info.ID, Name: "note.txt", Type: "text/plain", Size: 14, Hash: hex.EncodeToString(sum[:]),
		CreatedAt: f.clock.Now(), CreatedBy: "u1", Owner: "deal:1"}, info)
	require.NotEmpty(f, info.ID)
	require.Equal(f, "hello, żółw", f.read(info.ID))
	got, err := f.store.Info(f.Context(), info.ID)
	require.NoError(f, err)
	require.Equal(f, info, got)
	_, err = f.store.Info(f.Context(), "absent")
	require.ErrorIs(f, err, file.ErrNotFound)
	_, _, err = f.store.Open(f.Context(), "absent")
	require.ErrorIs(f, err, file.ErrNotFound)
	require.ErrorIs(f, f.store.Delete(f.Context(), "absent"), file.ErrNotFound)
}

func text(size int) string { return strings.Repeat("0123456789abcde\n", size/16+1)[:size] }

func testSizes(f *fixture) {
	for _, size := range []int{0, 1, file.ChunkBytes - 1, file.ChunkBytes, file.ChunkBytes + 1, 6*file.ChunkBytes + 17} {
		content := text(size)
		info, err := f.store.Put(f.Context(), file.Put{Name: "x.txt", Owner: "o"}, iotest.HalfReader(strings.NewReader(content)))
		require.NoError(f, err)
		require.EqualValues(f, size, info.Size)
		require.True(f, content == f.read(info.ID), "size %d", size)
	}
}

func testSeek(f *fixture) {
	content := text(2*file.ChunkBytes + 100)
	info := f.put(file.Put{Name: "x.txt", Owner: "o"}, content)
	r, _, err := f.store.Open(f.Context(), info.ID)
	require.NoError(f, err)
	for _, at := range []int64{0, file.ChunkBytes - 3, 2 * file.ChunkBytes, 5} {
		_, err := r.Seek(at, io.SeekStart)
		require.NoError(f, err)
		part := make([]byte, 10)
		_, err = io.ReadFull(r, part)
		require.NoError(f, err)
		require.Equal(f, content[at:at+10], string(part))
	}
	end, err := r.Seek(-4, io.SeekEnd)
	require.NoError(f, err)
	require.EqualValues(f, len(content)-4, end)
	rest, err := io.ReadAll(r)
	require.NoError(f, err)
	require.Equal(f, content[len(content)-4:], string(rest))
	_, err = r.Seek(-1, io.SeekStart)
	require.Error(f, err)
	require.NoError(f, r.Close())
}

func testIdempotentPut(f *fixture) {
	first := f.put(file.Put{ID: "effect-1", Name: "a.txt", Owner: "o"}, "one")
	f.clock.Advance(time.Minute)
	again := f.put(file.Put{ID: "effect-1", Name: "b.txt", Owner: "o"}, "two")
	require.Equal(f, first, again)
	require.Equal(f, "one", f.read("effect-1"))
}

func testConcurrentPut(f *fixture) {
	const n = 4
	infos, errs := make([]file.Info, n), make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			infos[i], errs[i] = f.store.Put(f.Context(), file.Put{ID: "same", Name: "a.txt", Owner: "o"}, strings.NewReader(fmt.Sprintf("content %d", i)))
		})
	}
	wg.Wait()
	require.NoError(f, errors.Join(errs...))
	for _, info := range infos {
		require.Equal(f, infos[0], info)
	}
	sum := sha256.Sum256([]byte(f.read("same")))
	require.Equal(f, infos[0].Hash, hex.EncodeToString(sum[:]))
	f.clock.Advance(2 * file.SweepAfter)
	_, err := f.store.Sweep(f.Context())
	require.NoError(f, err)
	f.read("same")
}

// Archive makes a zip archive with the given parts.
func Archive(t *testing.T, parts ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range parts {
		p, err := w.Create(name)
		require.NoError(t, err)
		_, err = p.Write(bytes.Repeat([]byte("<x/>"), 2000))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.String()
}

func testTypes(f *fixture) {
	cases := []struct{ name, content, kind string }{
		{"a.pdf", "%PDF-1.7\n...", "application/pdf"},
		{"a.png", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "image/png"},
		{"a.jpg", "\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"},
		{"a.csv", "a,b,c\n1,2,3\n4,5,6\n", "text/csv"},
		{"a.txt", "plain words", "text/plain"},
		{"a.docx", Archive(f.T, "[Content_Types].xml", "_rels/.rels", "docProps/app.xml", "word/document.xml"), file.TypeDOCX},
		{"late.docx", Archive(f.T, "customXml/item1.xml", "[Content_Types].xml", "_rels/.rels", "docProps/app.xml", "word/document.xml"), file.TypeDOCX},
		{"a.xlsx", Archive(f.T, "[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"), file.TypeXLSX},
		{"a.zip", Archive(f.T, "readme.txt", "word/x.txt"), "application/zip"},
	}
	for _, tt := range cases {
		info := f.put(file.Put{Name: tt.name, Owner: "o"}, tt.content)
		require.Equal(f, tt.kind, info.Type, tt.name)
	}
	refused := []struct{ name, content string }{
		{"contract.pdf", "MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00"}, // named otherwise
		{"page.txt", "<!DOCTYPE html><script>alert(1)</script>"},
		{"image.png", `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`},
		{"run.txt", "\x7fELF\x02\x01\x01"},
		{"invoice.pdf.js", "WScript.Echo(1)"}, {"offer.HTA", "words"}, {"mail.url ", "[InternetShortcut]"}, {"a/b.cmd.", "echo"}, {"pay.b\u202eat", "echo"},
		{"macro.docx", Archive(f.T, "[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")},
	}
	for _, tt := range refused {
		_, err := f.store.Put(f.Context(), file.Put{Name: tt.name, Owner: "refused"}, strings.NewReader(tt.content))
		require.ErrorIs(f, err, file.ErrForbidden, tt.name)
		var forbidden *file.ForbiddenError
		require.ErrorAs(f, err, &forbidden)
		require.NotEmpty(f, forbidden.Type)
	}
	_, err := f.store.Put(f.Context(), file.Put{Name: "a.txt", Owner: "refused", Allowed: []string{file.TypeDOCX}}, strings.NewReader("words"))
	require.ErrorIs(f, err, file.ErrForbidden)
	f.put(file.Put{Name: "older.js", Owner: "o", Copy: true}, "words")
	none, err := f.store.List(f.Context(), "refused")
	require.NoError(f, err)
	require.Empty(f, none)
}

func testTooLarge(f *fixture) {
	for _, p := range []struct {
		put  file.Put
		size int
	}{
		{file.Put{ID: "x", Name: "a.txt", Owner: "o", MaxBytes: 100}, 101},
		{file.Put{ID: "y", Name: "a.txt", Owner: "o", MaxBytes: 2*file.ChunkBytes + 1}, 2*file.ChunkBytes + 2},
		{file.Put{ID: "z", Name: "a.txt", Owner: "o"}, file.DefaultMaxBytes + 1},
	} {
		_, err := f.store.Put(f.Context(), p.put, strings.NewReader(text(p.size)))
		require.ErrorIs(f, err, file.ErrTooLarge)
		var large *file.TooLargeError
		require.ErrorAs(f, err, &large)
		require.EqualValues(f, p.size-1, large.Limit)
		_, err = f.store.Info(f.Context(), p.put.ID)
		require.ErrorIs(f, err, file.ErrNotFound)
	}
	info := f.put(file.Put{Name: "a.txt", Owner: "o", MaxBytes: 100}, text(100))
	require.EqualValues(f, 100, info.Size)
}

func testBrokenUpload(f *fixture) {
	broken := io.ErrUnexpectedEOF // what a request that breaks off says
	_, err := f.store.Put(f.Context(), file.Put{ID: "b", Name: "a.txt", Owner: "o"},
		io.MultiReader(strings.NewReader(text(5*file.ChunkBytes)), iotest.ErrReader(broken)))
	require.ErrorIs(f, err, broken)
	ctx, cancel := context.WithCancel(f.Context())
	_, err = f.store.Put(ctx, file.Put{ID: "b", Name: "a.txt", Owner: "o"},
		io.MultiReader(strings.NewReader(text(5*file.ChunkBytes)), reader(func() { cancel() }), strings.NewReader(text(5*file.ChunkBytes)), iotest.ErrReader(broken)))
	require.Error(f, err)
	_, err = f.store.Info(f.Context(), "b")
	require.ErrorIs(f, err, file.ErrNotFound)
	f.put(file.Put{ID: "b", Name: "a.txt", Owner: "o"}, text(5*file.ChunkBytes))
	require.Len(f, f.read("b"), 5*file.ChunkBytes)
}

type reader func()

func (r reader) Read([]byte) (int, error) {
	r()
	return 0, io.EOF
}

func testList(f *fixture) {
	f.put(file.Put{ID: "z", Name: "1.txt", Owner: "deal:1"}, "1")
	f.clock.Advance(time.Second)
	f.put(file.Put{ID: "a", Name: "2.txt", Owner: "deal:1"}, "2")
	f.put(file.Put{ID: "o", Name: "3.txt", Owner: "deal:10"}, "3")
	names := func() []string {
		list, err := f.store.List(f.Context(), "deal:1")
		require.NoError(f, err)
		out := []string{}
		for _, i := range list {
			out = append(out, i.Name)
		}
		return out
	}
	require.Equal(f, []string{"1.txt", "2.txt"}, names())
	require.NoError(f, f.store.Delete(f.Context(), "z"))
	require.Equal(f, []string{"2.txt"}, names())
}

func testGive(f *fixture) {
	info := f.put(file.Put{Name: "a.txt", Owner: "upload:1"}, "words")
	for range 2 {
		require.NoError(f, f.store.Give(f.Context(), info.ID, "deal:1"))
	}
	before, err := f.store.List(f.Context(), "upload:1")
	require.NoError(f, err)
	require.Empty(f, before)
	info.Owner = "deal:1"
	now, err := f.store.List(f.Context(), "deal:1")
	require.NoError(f, err)
	require.Equal(f, []file.Info{info}, now)
	require.Equal(f, "words", f.read(info.ID))
	require.ErrorIs(f, f.store.Give(f.Context(), "none", "deal:1"), file.ErrNotFound)
	require.ErrorIs(f, f.store.Give(f.Context(), info.ID, ""), file.ErrBadInput)
}

func testSharedContentAndSweep(f *fixture) {
	content := text(2 * file.ChunkBytes)
	one := f.put(file.Put{ID: "one", Name: "1.txt", Owner: "a"}, content)
	two := f.put(file.Put{ID: "two", Name: "2.txt", Owner: "b"}, content)
	require.Equal(f, one.Hash, two.Hash)
	sweep := func() int {
		n, err := f.store.Sweep(f.Context())
		require.NoError(f, err)
		return n
	}
	require.NoError(f, f.store.Delete(f.Context(), "one"))
	f.clock.Advance(2 * file.SweepAfter)
	require.Zero(f, sweep(), "content with a reference stays")
	require.True(f, content == f.read("two"))

	r, _, err := f.store.Open(f.Context(), "two")
	require.NoError(f, err)
	require.NoError(f, f.store.Delete(f.Context(), "two"))
	require.Zero(f, sweep(), "a reader may still be at work")
	data, err := io.ReadAll(r)
	require.NoError(f, err)
	require.Len(f, data, len(content))

	f.clock.Advance(file.SweepAfter / 2)
	f.put(file.Put{ID: "three", Name: "3.txt", Owner: "c"}, content)
	f.clock.Advance(file.SweepAfter)
	require.Zero(f, sweep(), "used again")
	require.True(f, content == f.read("three"))
	require.NoError(f, f.store.Delete(f.Context(), "three"))
	f.clock.Advance(file.SweepAfter)
	require.Equal(f, 1, sweep())
	require.Zero(f, sweep())
	f.put(file.Put{ID: "four", Name: "4.txt", Owner: "d"}, content)
	require.True(f, content == f.read("four"))
}

func testNames(f *fixture) {
	cases := []struct{ given, want string }{
		{`C:\docs\contract.txt`, "contract.txt"}, {"../../etc/passwd", "passwd"}, {"a\r\nb.txt", "ab.txt"},
		{"", "file"}, {"..", "file"}, {"договор №1.txt", "договор №1.txt"}, {"evil\u202etxt.doc", "eviltxt.doc"},
		{strings.Repeat("ż", 300) + ".txt", strings.Repeat("ż", 98) + ".txt"},
	}
	for _, tt := range cases {
		info := f.put(file.Put{Name: tt.given, Owner: "o"}, "x")
		require.Equal(f, tt.want, info.Name)
	}
	for _, p := range []file.Put{{Name: "x"}, {Owner: "o\n"}, {Owner: "o", ID: strings.Repeat("x", 300)}} {
		_, err := f.store.Put(f.Context(), p, strings.NewReader("x"))
		require.ErrorIs(f, err, file.ErrBadInput)
	}
}
