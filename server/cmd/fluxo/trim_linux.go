package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"syscall"
	"time"
)

// trimAfter is how long after the start the pages that only starting needed are
// given back.
const trimAfter = 2 * time.Second

// trimLater gives the pages of the program's own file back once the server runs.
// Half of what the process holds after a start are such pages: tables and code that
// were needed once. What is used again is read from the page cache again.
func trimLater(ctx context.Context, log *slog.Logger) {
	select {
	case <-ctx.Done():
		return
	case <-time.After(trimAfter):
	}
	if _, err := trim(); err != nil {
		log.Debug("pages of the start are kept", "error", err)
	}
}

// trim tells the kernel that the clean pages of this program's file are not needed
// now, and returns how many bytes of the address space that were.
func trim() (int, error) {
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return 0, err
	}
	maps, err := os.Open("/proc/self/smaps")
	if err != nil {
		return 0, err
	}
	defer maps.Close()
	parts, err := cleanParts(maps, self)
	if err != nil {
		return 0, err
	}
	total := 0
	for _, p := range parts {
		if _, _, code := syscall.Syscall(syscall.SYS_MADVISE, p.from, p.to-p.from, syscall.MADV_DONTNEED); code != 0 {
			return total, fmt.Errorf("madvise: %w", code)
		}
		total += int(p.to - p.from)
	}
	return total, nil
}

// part is a range of addresses.
type part struct{ from, to uintptr }

// cleanParts lists the mappings of a file in which nothing has been written: code
// and constants, not what the loader has relocated.
func cleanParts(smaps io.Reader, file string) ([]part, error) {
	var out []part
	var at part
	clean := false
	end := func() {
		if clean {
			out = append(out, at)
		}
		clean = false
	}
	lines := bufio.NewScanner(smaps)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		switch {
		case len(fields) >= 5 && strings.Contains(fields[0], "-") && !strings.HasSuffix(fields[0], ":"):
			end()
			if _, err := fmt.Sscanf(fields[0], "%x-%x", &at.from, &at.to); err != nil {
				return nil, fmt.Errorf("read %q: %w", fields[0], err)
			}
			clean = len(fields) == 6 && fields[5] == file && (fields[1] == "r-xp" || fields[1] == "r--p")
		case len(fields) == 3 && fields[0] == "Anonymous:" && fields[1] != "0":
			clean = false
		}
	}
	end()
	return out, lines.Err()
}
