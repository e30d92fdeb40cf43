package sourcetest

// RuleNames lists the rules: each needs a flaw that proves it.
func RuleNames() []string {
	var names []string
	for _, r := range rules() {
		names = append(names, r.name)
	}
	return names
}
