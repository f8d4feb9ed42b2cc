-- Called by a batch that would leave a part of an append: it takes the whole batch back.
CREATE FUNCTION runs.refuse_torn() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $refuse$
BEGIN
    RAISE EXCEPTION 'A claim came between the events of an append.' USING ERRCODE = 'CX001';
END
$refuse$;
