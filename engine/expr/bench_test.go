package expr

import "testing"

func BenchmarkProgramBool(b *testing.B) {
	program, err := New(Options{}).Compile(`record.total * 1.23 > money(1000, "PLN") and record.client.name != ""`, sampleScope())
	if err != nil {
		b.Fatal(err)
	}
	env := sampleEnv()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := program.Bool(env); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTemplateRender(b *testing.B) {
	template, err := New(Options{}).Template(`{{ record.title }}: {{ record.total }}`, sampleScope())
	if err != nil {
		b.Fatal(err)
	}
	env := sampleEnv()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := template.Render(env); err != nil {
			b.Fatal(err)
		}
	}
}
