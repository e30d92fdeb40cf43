package auth

import "strings"

// AccountName is what an account is called in a token: upper case, and of a locator what stands before the region. A name
// with an organization, as in myorg-account, stays whole.
//
//	myorg-my_account           MYORG-MY_ACCOUNT
//	xy12345.eu-west-1.aws      XY12345
//	xy12345-abc.global         XY12345
//	myorg-acc.privatelink      MYORG-ACC
func AccountName(account string) string {
	end := "."
	if strings.Contains(strings.ToLower(account), ".global") {
		end = "-"
	}
	name, _, _ := strings.Cut(account, end)
	return strings.ToUpper(name)
}

// Host is the name of an account's host: the account in lower case, with hyphens for the underscores that no name of a
// host has.
func Host(account string) string {
	host := Hostname(account)
	if _, region, _ := strings.Cut(host, "."); strings.HasPrefix(region, "cn-") {
		return host + domainChina
	}
	return host + domain
}

const (
	domain      = ".snowflakecomputing.com"
	domainChina = ".snowflakecomputing.cn"
)

// AccountOf is the account whose host it is; "" = it is none of Snowflake's.
func AccountOf(host string) string {
	for _, d := range []string{domain, domainChina} {
		if account, ok := strings.CutSuffix(strings.ToLower(host), d); ok {
			return account
		}
	}
	return ""
}

// Hostname writes a name in the way in which names of hosts are written.
func Hostname(name string) string { return strings.ReplaceAll(strings.ToLower(name), "_", "-") }
