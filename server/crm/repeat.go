package crm

// AsRepeat marks what is added as further business with a known client.
//
// covers O-19
func (p RecordPatch) AsRepeat() RecordPatch {
	p.repeat = true
	return p
}
