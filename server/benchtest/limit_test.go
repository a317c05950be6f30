package benchtest

import "testing"

// BenchmarkLimitTokenLoop is what moving a token costs at least: a queue, a
// node found by its id, its successor. No records, no values, no budget.
func BenchmarkLimitTokenLoop(b *testing.B) {
	type node struct{ next []string }
	graph := map[string]*node{}
	last := ""
	for _, id := range []string{"end", "n5", "n4", "n3", "n2", "n1", "begin"} {
		n := &node{}
		if last != "" {
			n.next = []string{last}
		}
		graph[id], last = n, id
	}
	entries := 0
	queue := make([]string, 0, 8)
	for range 1_000_000 * b.N {
		queue = append(queue[:0], last)
		for len(queue) > 0 {
			n := graph[queue[len(queue)-1]]
			queue = queue[:len(queue)-1]
			queue = append(queue, n.next...)
			entries++
		}
	}
	if entries != 7*1_000_000*b.N {
		b.Fatal(entries)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(entries), "ns/entry")
}
