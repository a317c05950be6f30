package document

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// ErrConverterMissing means that PDF files cannot be made on this machine.
var ErrConverterMissing = errors.New("LibreOffice is not installed: install the Debian package libreoffice-writer-nogui (apt-get install libreoffice-writer-nogui) or set the path of soffice")

// ErrConversion is wrapped when LibreOffice could not turn a document into PDF.
var ErrConversion = errors.New("the document could not be converted to PDF")

// Converter makes a PDF of a DOCX.
type Converter interface {
	PDF(ctx context.Context, docx []byte) ([]byte, error)
	// Ready is ErrConverterMissing when nothing can be converted.
	Ready() error
}

// LibreOfficeOptions configure the converter; the zero value is good.
type LibreOfficeOptions struct {
	// Path of the program; empty means soffice or libreoffice on PATH.
	Path string
	// Limit is the time for one batch, by default 60 s.
	Limit time.Duration
	// Window is how long a batch waits for more documents, by default 100 ms:
	// a start costs a second, each further document of a batch 25 ms.
	Window time.Duration
	// After is the clock of the window, by default the runtime's timer.
	After func(time.Duration) <-chan time.Time
}

const maxBatch = 20

// LibreOffice converts with soffice, up to twenty documents in one start. Only
// one soffice runs at a time, on a profile of its own.
type LibreOffice struct {
	options LibreOfficeOptions
	work    *workFolder
	jobs    chan *conversion
	closed  chan struct{}
	once    sync.Once
	ended   error // how Close went
	done    sync.WaitGroup
}

type conversion struct {
	docx   []byte
	ctx    context.Context // a queued job carries its caller's deadline
	answer chan conversionResult
}

type conversionResult struct {
	pdf []byte
	err error
}

// NewLibreOffice starts the worker; Close ends it.
func NewLibreOffice(options LibreOfficeOptions) (*LibreOffice, error) {
	if options.Limit <= 0 {
		options.Limit = 60 * time.Second
	}
	if options.Window <= 0 {
		options.Window = 100 * time.Millisecond
	}
	if options.After == nil {
		options.After = time.After
	}
	work, err := newWorkFolder(os.TempDir())
	if err != nil {
		return nil, fmt.Errorf("make the converter's folder: %w", err)
	}
	l := &LibreOffice{options: options, work: work, jobs: make(chan *conversion, 100), closed: make(chan struct{})}
	l.done.Go(l.convertAll)
	return l, nil
}

// Close stops the worker and removes its folder. Waiting callers get an error.
func (l *LibreOffice) Close() error {
	l.once.Do(func() {
		close(l.closed)
		l.done.Wait()
		l.ended = l.work.remove()
	})
	return l.ended
}

// program finds soffice, anew each time: it may be installed while we run.
func (l *LibreOffice) program() (string, error) {
	if l.options.Path != "" {
		path, err := exec.LookPath(l.options.Path)
		if err != nil {
			return "", fmt.Errorf("%w (%s was configured)", ErrConverterMissing, l.options.Path)
		}
		return path, nil
	}
	for _, name := range []string{"soffice", "libreoffice"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrConverterMissing
}

// Ready reports whether soffice is there.
func (l *LibreOffice) Ready() error {
	_, err := l.program()
	return err
}

var errConverterClosed = fmt.Errorf("%w: the converter is shutting down", ErrConversion)

// PDF converts one document, usually together with others that wait.
func (l *LibreOffice) PDF(ctx context.Context, docx []byte) ([]byte, error) {
	if err := l.Ready(); err != nil {
		return nil, err
	}
	job := &conversion{docx: docx, ctx: ctx, answer: make(chan conversionResult, 1)}
	select {
	case l.jobs <- job:
	case <-l.closed:
		return nil, errConverterClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case result := <-job.answer:
		return result.pdf, result.err
	case <-l.closed:
		return nil, errConverterClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *LibreOffice) convertAll() {
	for {
		var batch []*conversion
		select {
		case <-l.closed:
			return
		case job := <-l.jobs:
			batch = append(batch, job)
		}
		window := l.options.After(l.options.Window)
	collect:
		for len(batch) < maxBatch {
			select {
			case job := <-l.jobs:
				batch = append(batch, job)
			case <-window:
				break collect
			case <-l.closed:
				return
			}
		}
		l.convert(batch)
	}
}

// convert makes one start for the batch. Documents that gave no PDF are tried
// once more alone, so that a broken one does not fail its neighbors.
func (l *LibreOffice) convert(batch []*conversion) {
	var open []*conversion
	for _, job := range batch {
		if err := job.ctx.Err(); err != nil {
			job.answer <- conversionResult{err: err}
			continue
		}
		open = append(open, job)
	}
	if len(open) == 0 {
		return
	}
	results := l.run(open)
	for i, job := range open {
		result := results[i]
		if result.err != nil && len(open) > 1 {
			result = l.run([]*conversion{job})[0]
		}
		job.answer <- result
	}
}

func (l *LibreOffice) run(batch []*conversion) []conversionResult {
	results := make([]conversionResult, len(batch))
	failAll := func(err error) []conversionResult {
		for i := range results {
			results[i] = conversionResult{err: err}
		}
		return results
	}
	program, err := l.program()
	if err != nil {
		return failAll(err)
	}
	dir, err := os.MkdirTemp(l.work.path, "batch-")
	if err != nil {
		return failAll(fmt.Errorf("%w: %w", ErrConversion, err))
	}
	defer os.RemoveAll(dir) //nolint:errcheck // Close removes what is left
	profile := url.URL{Scheme: "file", Path: l.work.path}
	args := []string{"-env:UserInstallation=" + profile.String(), "--headless", "--norestore", "--nolockcheck", "--nodefault",
		"--convert-to", "pdf:writer_pdf_Export", "--outdir", filepath.Join(dir, "out")}
	for i, job := range batch {
		name := filepath.Join(dir, strconv.Itoa(i)+".docx")
		if err := os.WriteFile(name, job.docx, 0o600); err != nil {
			return failAll(fmt.Errorf("%w: %w", ErrConversion, err))
		}
		args = append(args, name)
	}
	output, runErr := l.execute(program, args, dir)
	for i := range batch {
		// soffice exits with 0 also when it converted nothing: only the files count.
		pdf, err := os.ReadFile(filepath.Join(dir, "out", strconv.Itoa(i)+".pdf"))
		switch {
		case err == nil && bytes.HasPrefix(pdf, []byte("%PDF-")):
			results[i].pdf = pdf
		case runErr != nil:
			results[i].err = fmt.Errorf("%w: %w", ErrConversion, runErr)
		default:
			results[i].err = fmt.Errorf("%w: LibreOffice made no file: %s", ErrConversion, bytes.TrimSpace(output))
		}
	}
	return results
}

// execute runs soffice in its own process group, because it starts a second
// program that would outlive it, and kills the group when the time is up or
// the converter closes.
func (l *LibreOffice) execute(program string, args []string, dir string) ([]byte, error) {
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "SAL_USE_VCLPLUGIN=svp")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = time.Second
	var output limitedBuffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	type end struct{ err error }
	finished := make(chan end, 1)
	go func() { finished <- end{cmd.Wait()} }()
	limit := time.NewTimer(l.options.Limit)
	defer limit.Stop()
	kill := func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // it may have ended by itself
		<-finished                                          // killed: how it ended says nothing
	}
	select {
	case ended := <-finished:
		return output.Bytes(), ended.err
	case <-limit.C:
		kill()
		return output.Bytes(), fmt.Errorf("LibreOffice took longer than %s", l.options.Limit)
	case <-l.closed:
		kill()
		return output.Bytes(), errConverterClosed
	}
}

// limitedBuffer keeps the first bytes of what a program prints.
type limitedBuffer struct{ bytes.Buffer }

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if room := 4096 - b.Len(); room > 0 {
		b.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
