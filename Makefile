.tools/kafka/fetched: deploy/kafka/pom.xml
	mvn -q -f deploy/kafka/pom.xml dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/.tools/kafka -DincludeScope=runtime
	touch $@
