package mongostore

import (
	"fmt"
	"math"
	"regexp"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// An entry is stored as one text whose byte order is the order of values of one
// path: "tags=s<text>" or "size=n<number>". One index over an array of texts
// then serves equality, ranges and presence for every custom field, on every
// server; an array of {k, v} would need $elemMatch on documents, which not all
// compatible servers know.
func entryText(path string, value any) string { return path + "=" + entryValue(value) }

func entryValue(value any) string {
	switch v := value.(type) {
	case string:
		return "s" + v
	case bool:
		if v {
			return entryValue(int64(1))
		}
		return entryValue(int64(0))
	case int64:
		// The second number tells apart what a float cannot.
		return "n" + sortable(float64(v)) + hex16(uint64(v)^(1<<63))
	case float64:
		return "n" + sortable(v)
	}
	return ""
}

// sortable writes a float so that byte order is number order.
func sortable(f float64) string {
	if f == 0 {
		f = 0 // -0 is 0
	}
	bits := math.Float64bits(f)
	if bits>>63 == 1 {
		return hex16(^bits)
	}
	return hex16(bits | 1<<63)
}

func hex16(n uint64) string { return fmt.Sprintf("%016s", strconv.FormatUint(n, 16)) }

// entryFilter is the condition for a checked condition on entries. Equality is
// exact on ix. A range on ix finds the way in and the same on m decides: some
// compatible servers let different elements satisfy the two ends of $elemMatch.
func entryFilter(cond docstore.Condition) bson.D {
	m := "m." + fieldKey(cond.Path)
	at := entryText(cond.Path, cond.Value)
	kind := cond.Path + "=n"
	if _, ok := cond.Value.(string); ok {
		kind = cond.Path + "=s"
	}
	both := func(from, below string, exact any) bson.D {
		ix := op("ix", op("$elemMatch", bson.D{{Key: "$gte", Value: from}, {Key: "$lt", Value: below}}))
		return op("$and", bson.A{ix, op(m, exact)})
	}
	switch cond.Op {
	case docstore.Exists:
		return op(m, op("$exists", cond.Value))
	case docstore.Has, docstore.Begins:
		return op(m, op("$regex", part(cond)))
	case docstore.In:
		list := bson.A{}
		for _, v := range cond.Values {
			list = append(list, entryText(cond.Path, v))
		}
		return op("ix", op("$in", list))
	case docstore.Prefix:
		return both(at, at+lastRune, bson.Regex{Pattern: "^" + regexp.QuoteMeta(cond.Value.(string))})
	case docstore.Gt, docstore.Gte:
		return both(at, kind+lastRune, op(comparisons[cond.Op], cond.Value))
	case docstore.Lt, docstore.Lte:
		return both(kind, at+lastRune, op(comparisons[cond.Op], cond.Value))
	}
	return op("ix", at)
}
