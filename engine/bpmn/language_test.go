package bpmn

import (
	"errors"
	"strings"
	"testing"

	"github.com/fluxo-app/fluxo/engine/expr"
)

// TestTranslate translates expressions of other tools and compiles what comes out.
func TestTranslate(t *testing.T) {
	compiler := expr.New(expr.Options{})
	for source, want := range map[string]string{
		`=amount > 100`:                       `vars.amount > 100`,
		`= a = 1 and b != "x"`:                `vars.a == 1 and vars.b != "x"`,
		`=x in [1..5]`:                        `vars.x >= 1 and vars.x <= 5`,
		`=x in (1..5]`:                        `vars.x > 1 and vars.x <= 5`,
		`=x in (1, 2, > 10)`:                  `vars.x == 1 or vars.x == 2 or vars.x > 10`,
		`=x between 1 and 3`:                  `vars.x >= 1 and vars.x <= 3`,
		`=not(done)`:                          `not (vars.done)`,
		`=if a then 1 else 2`:                 `vars.a ? 1 : 2`,
		`=count(items) >= 2`:                  `len(vars.items) >= 2`,
		`=starts with(name, "A")`:             `(vars.name) startsWith ("A")`,
		`=list contains(tags, "vip")`:         `("vip") in vars.tags`,
		`=order.total * (1 + rate)`:           `vars.order.total * (1 + vars.rate)`,
		`=items[1].price`:                     `vars.items[0].price`,
		`=items[-1]`:                          `last(vars.items)`,
		`=[1, 2]`:                             `[1, 2]`,
		`=-x`:                                 `-vars.x`,
		`${amount gt 10 && !blocked}`:         `vars.amount > 10 and not (vars.blocked)`,
		`#{a eq 'x' or empty b}`:              `vars.a == "x" or isEmpty(vars.b)`,
		`${execution.getVariable("n") == 3}`:  `vars.n == 3`,
		`${list.size() > 0 ? list[0] : null}`: `len(vars.list) > 0 ? vars.list[0] : nil`,
		`${name.equals("x")}`:                 `vars.name == ("x")`,
		`user-${id}@${host}`:                  `"user-" + string(vars.id) + "@" + string(vars.host)`,
		`n < 2`:                               `vars.n < 2`,
		`n == 2 || m = 3`:                     `vars.n == 2 or vars.m == 3`,
		`vars.n > 1`:                          `vars.n > 1`,
		`true`:                                `true`,
		`=a - (b - c)`:                        `vars.a - (vars.b - vars.c)`,
		`=(a or b) and c`:                     `(vars.a or vars.b) and vars.c`,
		`=größe > 1`:                          `vars.groesse > 1`,
	} {
		tr := &translation{dialect: dialectOf(source, "", ""), names: map[string]bool{}}
		got, err := tr.expression(source)
		if err != nil || got != want {
			t.Errorf("%s became %q (%v), not %q", source, got, err, want)
			continue
		}
		if found := compiler.Check(got, nil); len(found) > 0 {
			t.Errorf("%s is no expression of ours: %v", got, found)
		}
	}
}

// TestUntranslated refuses what would be read wrongly, with the place.
func TestUntranslated(t *testing.T) {
	for source, at := range map[string]int{
		`=some x in list satisfies x > 1`: 1,
		`=list[item > 2]`:                 6,
		`=a ** 2`:                         3,
		`=unknownFunction(1)`:             1,
		`${bean.call(x)}`:                 14,
		`=a +`:                            4,
		`="open`:                          1,
		`=a b`:                            3,
		`a § b`:                           2,
		`=` + strings.Repeat("(", 200):    81,
		`=` + strings.Repeat("not ", 200): 0,
	} {
		tr := &translation{dialect: dialectOf(source, "", ""), names: map[string]bool{}}
		got, err := tr.expression(source)
		var e *languageError
		if !errors.As(err, &e) {
			t.Errorf("%s became %q", shorten(source), got)
			continue
		}
		if at > 0 && e.offset != at {
			t.Errorf("%s: offset %d, not %d: %s", shorten(source), e.offset, at, e.message)
		}
	}
}
