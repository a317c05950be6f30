// Command benchtable reads the output of Go benchmarks and prints one table:
// each figure beside what the same machine allowed, or a peer needed, in the
// same minutes. It compares with the figures accepted last and marks what has
// become more than 20 % worse. A goal that is missed is an error, after the table.
//
//	benchtable [-baseline FILE] [-accept FILE] [-note TEXT] [OUTPUT...]
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// tolerance is how much worse a figure may be before it is marked.
const tolerance = 0.20

func main() {
	baseline := flag.String("baseline", "", "compare with the figures in this file")
	accept := flag.String("accept", "", "write the figures to this file as the new baseline")
	note := flag.String("note", "", "where and when, for the baseline")
	flag.Parse()
	if err := run(flag.Args(), *baseline, *accept, *note, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "benchtable:", err)
		os.Exit(1)
	}
}

func run(files []string, baseline, accept, note string, out io.Writer) error {
	measured := figures{}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		err = measured.read(f)
		if err := errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	before := accepted{}
	if baseline != "" {
		text, err := os.ReadFile(baseline)
		if err == nil {
			err = json.Unmarshal(text, &before)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s: %w", baseline, err)
		}
	}
	now, missing, missed := table(out, rows, measured, before)
	if len(missing) > 0 {
		return fmt.Errorf("no figures for: %s", strings.Join(missing, ", "))
	}
	if accept != "" {
		now.Note = note
		text, err := json.MarshalIndent(now, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(accept, append(text, '\n'), 0o644); err != nil {
			return err
		}
	}
	if len(missed) > 0 {
		return fmt.Errorf("goals missed: %s", strings.Join(missed, ", "))
	}
	return nil
}

// figures are the values of every round, by benchmark and unit.
type figures map[string][]float64

var processors = regexp.MustCompile(`-\d+$`)

func key(benchmark, unit string) string { return benchmark + " " + unit }

// read takes the lines of the form "BenchmarkName-2  10  123 ns/op  4.5 runs/s".
func (f figures) read(r io.Reader) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) < 4 || !strings.HasPrefix(words[0], "Benchmark") {
			continue
		}
		if _, err := strconv.Atoi(words[1]); err != nil {
			continue // a sentence that happens to begin so
		}
		name := processors.ReplaceAllString(strings.TrimPrefix(words[0], "Benchmark"), "")
		for i := 2; i+1 < len(words); i += 2 {
			v, err := strconv.ParseFloat(words[i], 64)
			if err != nil {
				return fmt.Errorf("%q: %w", lines.Text(), err)
			}
			k := key(name, words[i+1])
			f[k] = append(f[k], v)
		}
	}
	return lines.Err()
}

// median over the rounds; ok is false when nothing was measured.
func (f figures) median(benchmark, unit string) (float64, bool) {
	all := slices.Sorted(slices.Values(f[key(benchmark, unit)]))
	switch n := len(all); {
	case n == 0:
		return 0, false
	case n%2 == 1:
		return all[n/2], true
	default:
		return (all[n/2-1] + all[n/2]) / 2, true
	}
}

// accepted is the committed baseline.
type accepted struct {
	Note string               `json:"note"`
	Rows map[string]acceptRow `json:"rows"`
}

type acceptRow struct {
	Value float64  `json:"value"`
	Ratio *float64 `json:"ratio,omitempty"`
}

// table prints all rows and returns the figures, the rows without one, and those whose goal is missed.
func table(out io.Writer, rows []row, measured figures, before accepted) (now accepted, missing, missed []string) {
	now = accepted{Rows: map[string]acceptRow{}}
	var worse []string
	goals := 0
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	section, printed := "", ""
	for _, r := range rows {
		if r.section != "" {
			section = r.section
		}
		full := section + ": " + r.name
		value, ok := measured.median(r.benchmark, r.unit)
		if !ok {
			if !r.optional {
				missing = append(missing, full)
			}
			continue
		}
		if section != printed {
			printed = section
			fmt.Fprintf(w, "\n%s\tfigure\tbeside\t\tratio\tgoal\tsince baseline\n", strings.ToUpper(section))
		}
		if r.divide > 0 {
			value /= r.divide
		}
		got := acceptRow{Value: value}
		beside, limit, ratio := "", "", ""
		if r.beside != nil {
			if b, ok := measured.median(r.beside.benchmark, r.beside.unit); ok && b != 0 {
				if r.beside.times > 0 {
					b *= r.beside.times
				}
				beside, limit = r.beside.name, number(b)+" "+short(r.beside.unit)
				if r.beyond > 0 {
					value -= r.beyond * b
					got.Value = value
				} else {
					q := value / b
					got.Ratio, ratio = &q, number(q)+"x"
				}
			} else if !r.optional {
				missing = append(missing, full+" beside "+r.beside.name)
			}
		}
		change := r.change(got, before.Rows[r.key()])
		if strings.HasPrefix(change, "WORSE") {
			worse = append(worse, full)
		}
		verdict := r.verdict(got)
		if verdict != "" {
			goals++
		}
		if strings.HasPrefix(verdict, "MISSED") {
			missed = append(missed, full)
		}
		fmt.Fprintf(w, "%s\t%s %s\t%s\t%s\t%s\t%s\t%s\n", r.name, number(value), short(r.unit), beside, limit, ratio, verdict, change)
		now.Rows[r.key()] = got
	}
	_ = w.Flush() // the caller's writer keeps its error
	if len(worse) > 0 {
		fmt.Fprintf(out, "\nmore than %.0f %% worse than the baseline (explain it in the commit, or mend it):\n", tolerance*100)
		for _, name := range worse {
			fmt.Fprintln(out, "  -", name)
		}
	}
	fmt.Fprintf(out, "\n%d of %d goals met\n", goals-len(missed), goals)
	return now, missing, missed
}

// short is a unit as people say it: the kind of quantile is in the row's name.
func short(unit string) string {
	if i := strings.LastIndex(unit, "-"); i >= 0 {
		return unit[i+1:]
	}
	return unit
}

// number prints three digits that matter.
func number(v float64) string {
	switch {
	case v >= 1000 || v <= -1000:
		text := strconv.FormatFloat(v, 'f', 0, 64)
		for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
			text = text[:i] + "," + text[i:]
		}
		return text
	case v >= 100 || v <= -100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10 || v <= -10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	default:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
}
