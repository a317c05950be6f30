package document

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func newConverter(t *testing.T, options LibreOfficeOptions) *LibreOffice {
	t.Helper()
	l, err := NewLibreOffice(options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	return l
}

func TestConverterNamesThePackageWhenMissing(t *testing.T) {
	l := newConverter(t, LibreOfficeOptions{Path: filepath.Join(t.TempDir(), "soffice")})
	_, err := l.PDF(context.Background(), nil)
	require.ErrorIs(t, err, ErrConverterMissing)
	require.ErrorContains(t, err, "libreoffice-writer-nogui")
	require.ErrorIs(t, l.Ready(), ErrConverterMissing)
}

// fakeOffice is a shell script in place of soffice. It gets the output folder
// as $out and the documents as positional parameters.
func fakeOffice(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "soffice")
	head := "#!/bin/sh\nwhile [ \"$1\" != --outdir ]; do shift; done\nout=$2; shift 2; mkdir -p \"$out\"\n"
	require.NoError(t, os.WriteFile(path, []byte(head+script), 0o700))
	return path
}

// convertAll sends the documents at once and waits until all are queued before
// the window closes.
func convertAll(t *testing.T, options LibreOfficeOptions, documents ...string) ([]string, []error) {
	t.Helper()
	window := make(chan time.Time)
	options.After = func(time.Duration) <-chan time.Time { return window }
	l := newConverter(t, options)
	pdfs, errs := make([]string, len(documents)), make([]error, len(documents))
	var wg sync.WaitGroup
	for i, content := range documents {
		wg.Go(func() {
			pdf, err := l.PDF(context.Background(), []byte(content))
			pdfs[i], errs[i] = string(pdf), err
		})
	}
	finished := make(chan struct{})
	go func() { wg.Wait(); close(finished) }()
	for {
		select {
		case window <- time.Time{}:
		case <-finished:
			return pdfs, errs
		}
	}
}

func TestConverterChecksEachFile(t *testing.T) {
	office := fakeOffice(t, `for f in "$@"; do
  b=$(basename "$f" .docx)
  if grep -q broken "$f"; then continue; fi
  { printf '%%PDF-1.7 '; cat "$f"; } > "$out/$b.pdf"
done
echo "cannot load" >&2
exit 0
`)
	pdfs, errs := convertAll(t, LibreOfficeOptions{Path: office}, "one", "broken", "three")
	require.NoError(t, errs[0])
	require.Equal(t, "%PDF-1.7 one", pdfs[0])
	require.ErrorIs(t, errs[1], ErrConversion)
	require.ErrorContains(t, errs[1], "cannot load")
	require.Equal(t, "%PDF-1.7 three", pdfs[2])
}

func TestConverterLimitsTheTime(t *testing.T) {
	l := newConverter(t, LibreOfficeOptions{Path: fakeOffice(t, "sleep 1000\n"), Limit: 200 * time.Millisecond})
	_, err := l.PDF(context.Background(), []byte("x"))
	require.ErrorIs(t, err, ErrConversion)
	require.ErrorContains(t, err, "took longer")
}

func TestConverterKillsTheWholeGroup(t *testing.T) {
	pidFile := filepath.Join(t.TempDir(), "pid")
	office := fakeOffice(t, "sleep 1000 &\necho $! > "+pidFile+".new\nmv "+pidFile+".new "+pidFile+"\nwait\n")
	l := newConverter(t, LibreOfficeOptions{Path: office})
	failed := make(chan error, 1)
	go func() {
		_, err := l.PDF(context.Background(), []byte("x"))
		failed <- err
	}()
	var pid []byte
	require.Eventually(t, func() bool {
		var err error
		pid, err = os.ReadFile(pidFile)
		return err == nil
	}, 30*time.Second, 5*time.Millisecond)
	require.NoError(t, l.Close())
	require.ErrorIs(t, <-failed, ErrConversion)
	require.Eventually(t, func() bool {
		// A killed orphan is a zombie until it is reaped by init, or gone.
		stat, err := os.ReadFile("/proc/" + string(bytes.TrimSpace(pid)) + "/stat")
		return errors.Is(err, os.ErrNotExist) || bytes.Contains(stat, []byte(") Z "))
	}, 30*time.Second, 5*time.Millisecond)
}

func TestConverterEndsWithItsCallers(t *testing.T) {
	l := newConverter(t, LibreOfficeOptions{Path: fakeOffice(t, "sleep 1000\n")})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := l.PDF(ctx, []byte("x"))
	require.ErrorIs(t, err, context.Canceled)
	go func() { _ = l.Close() }()
	_, err = l.PDF(context.Background(), []byte("y"))
	require.ErrorIs(t, err, ErrConversion)
}

// covers D-07
func TestDemoContractBecomesPDF(t *testing.T) {
	if _, err := exec.LookPath("soffice"); err != nil {
		t.Fatal("soffice is not installed: apt-get install libreoffice-writer-nogui")
	}
	l := newConverter(t, LibreOfficeOptions{})
	pdf, err := l.PDF(context.Background(), renderBytes(t, DemoContract()))
	require.NoError(t, err)
	require.True(t, bytes.HasPrefix(pdf, []byte("%PDF-")))
	if _, err := exec.LookPath("pdftotext"); err != nil {
		t.Fatal("pdftotext is not installed: apt-get install poppler-utils")
	}
	name := filepath.Join(t.TempDir(), "contract.pdf")
	require.NoError(t, os.WriteFile(name, pdf, 0o600))
	text, err := exec.Command("pdftotext", "-layout", name, "-").Output()
	require.NoError(t, err)
	plain := string(bytes.ReplaceAll(text, []byte("\u00a0"), []byte(" ")))
	for _, want := range []string{"Sales contract", "Żubr & Syn", "Chair", "152 520.00 PLN", "18 December 2026", "Page 1 of 1"} {
		require.Contains(t, plain, want)
	}
}
