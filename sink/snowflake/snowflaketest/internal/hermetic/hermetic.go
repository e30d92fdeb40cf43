// Package hermetic keeps the Snowflake driver from looking around: it is imported for its effect.
//
// The driver, gosnowflake, asks the metadata servers of the clouds where it runs, and unpacks and loads a native library,
// unless two environment variables say otherwise; the second it reads when it is initialized, before any test has begun.
// Go initializes packages that do not depend on one another in the order of their import paths, as the specification
// says: this one, which depends on os alone, comes before github.com/snowflakedb/gosnowflake.
package hermetic

import "os"

func init() {
	for _, name := range []string{"SNOWFLAKE_DISABLE_PLATFORM_DETECTION", "SF_DISABLE_MINICORE"} {
		if _, set := os.LookupEnv(name); !set {
			_ = os.Setenv(name, "true") // fails for names that no system takes
		}
	}
}
