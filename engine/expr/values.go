package expr

// Values gives the values that the expression reads, by path, shortened, as JSON
// has them: what a log shows beside the outcome.
func (p *Program) Values(env Env) map[string]any {
	values, _ := JSONValue(p.valuesIn(env), env.Location).(map[string]any)
	return values
}
